"""Pure decisions: values in, values out, the time handed in."""
