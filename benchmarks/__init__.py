"""What is measured on a machine of your own, beside `gossamer bench`."""
