"""Proxies: trees that were fitted to evaluations of a problem, in the place of its simulator."""

from simhelm.simulators.proxy.file import load_proxy, save_proxy
from simhelm.simulators.proxy.forest import Forest
from simhelm.simulators.proxy.model import Proxy, ProxyOutput
from simhelm.simulators.proxy.problem import ProxyProblem

__all__ = ["Forest", "Proxy", "ProxyOutput", "ProxyProblem", "load_proxy", "save_proxy"]
