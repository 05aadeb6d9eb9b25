"""The dashboards in deploy/grafana, written from a description of a few lines a panel.

    python -m tests.house.dashboards      writes them anew

A test compares them with what would be written now.
"""
