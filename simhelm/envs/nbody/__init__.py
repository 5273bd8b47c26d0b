"""Steering few-body integrations: what the published and the corrected environment share."""
