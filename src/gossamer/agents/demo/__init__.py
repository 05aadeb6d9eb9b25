"""A small server of tools to try agents with: a clock, a calculator, and files in a folder that nothing gets out of."""
