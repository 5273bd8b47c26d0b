"""Proxies made and used: ``simhelm train-proxy`` and ``simhelm run --proxy``."""
