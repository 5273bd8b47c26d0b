"""Networks and demand from files."""

from pathlib import Path

import numpy as np
import pytest

from simhelm.simulators.transport import (
    Scenario,
    read_csv_demand,
    read_csv_network,
    read_tntp,
    simulate,
    user_equilibrium,
)

# Zones 1 to 3; the short way from 1 to 3 would lead through zone 2, which is not allowed.
NET = """<NUMBER OF ZONES> 3
<NUMBER OF NODES> 4
<FIRST THRU NODE> 4
<NUMBER OF LINKS> 6
<END OF METADATA>

~ \tinit_node\tterm_node\tcapacity\tlength\tfree_flow_time\tb\tpower\tspeed\ttoll\tlink_type\t;
\t1\t2\t1000\t1\t1\t0.15\t4\t0\t0\t1\t;
\t2\t3\t1000\t1\t1\t0.15\t4\t0\t0\t1\t;
\t1\t4\t1000\t5\t5\t0.15\t4\t0\t2\t1\t;
\t4\t3\t1000\t5\t5\t0.15\t4\t0\t0\t1\t;
\t3\t4\t1000\t5\t5\t0.15\t4\t0\t0\t1\t;
\t4\t1\t1000\t5\t5\t0.15\t4\t0\t0\t1\t;
"""
TRIPS = """<NUMBER OF ZONES> 3
<TOTAL OD FLOW> 130.0
<END OF METADATA>

Origin \t1
    1 :    0.0;     2 :    30.0;    3 :   100.0;
"""


def write(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_tntp_with_its_first_through_node(tmp_path: Path) -> None:
    net, trips = write(tmp_path, "a_net.tntp", NET), write(tmp_path, "a_trips.tntp", TRIPS)
    network, demand = read_tntp(net, trips)
    assert (network.nodes, network.zones, network.links) == (4, 3, 6)
    assert network.toll[2] == 2.0
    assert demand is not None
    assert demand.tolist() == [[0.0, 30.0, 100.0], [0.0] * 3, [0.0] * 3]
    result = user_equilibrium(network, demand)
    assert result.flow == pytest.approx([30.0, 0.0, 100.0, 100.0, 0.0, 0.0])
    scenario = Scenario(network, np.array([[0, 0, 1.0], [0, 0, 0], [0, 0, 0]]), persons=60)
    volumes = simulate(scenario, {"car": 20.0}, iterations=1, seed=0).volumes[0]
    assert volumes[0] == volumes[1] == 0
    assert volumes[2] > 0


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("<NUMBER OF LINKS> 6", "<NUMBER OF LINKS> 7", "expected 7 links, found 6"),
        ("<NUMBER OF ZONES> 3", "", "NUMBER OF ZONES"),
        ("\t1000\t1\t1\t0.15", "\tmany\t1\t1\t0.15", "a_net.tntp:8: expected numbers"),
        ("\t0\t0\t1\t;", "\t;", "expected 10 columns"),
    ],
)
def test_broken_networks_are_refused(tmp_path: Path, old: str, new: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        read_tntp(write(tmp_path, "a_net.tntp", NET.replace(old, new, 1)))


def test_broken_trips_are_refused(tmp_path: Path) -> None:
    net = write(tmp_path, "a_net.tntp", NET)
    with pytest.raises(ValueError, match="add up to 130, the file says 140"):
        read_tntp(net, write(tmp_path, "t", TRIPS.replace("130.0", "140.0")))
    with pytest.raises(ValueError, match="zone from 1 to 3, got '4'"):
        read_tntp(net, write(tmp_path, "t", TRIPS.replace("3 :", "4 :")))
    with pytest.raises(FileNotFoundError, match="no such file"):
        read_tntp(tmp_path / "absent")


def test_csv(tmp_path: Path) -> None:
    roads = write(
        tmp_path, "roads.csv", "from,to,capacity,free_time,length\n0,1,600,2,1.5\n1,0,500,3,1.5\n"
    )
    network = read_csv_network(roads)
    assert network.nodes == network.zones == 2
    assert network.capacity.tolist() == [600.0, 500.0]
    demand = read_csv_demand(write(tmp_path, "d.csv", "from,to,trips\n0,1,7\n0,1,3\n"), 2)
    assert demand.tolist() == [[0.0, 10.0], [0.0, 0.0]]
    with pytest.raises(ValueError, match="did you mean 'capacity'"):
        read_csv_network(write(tmp_path, "r.csv", "from,to,capcity,free_time\n0,1,1,1\n"))
    with pytest.raises(ValueError, match=r"r.csv:2: expected a number"):
        read_csv_network(write(tmp_path, "r.csv", "from,to,capacity,free_time\n0,1,x,1\n"))
    with pytest.raises(ValueError, match="whole numbers"):
        read_csv_network(write(tmp_path, "r.csv", "from,to,capacity,free_time\n0.5,1,1,1\n"))
    with pytest.raises(ValueError, match="zones below 1"):
        read_csv_demand(tmp_path / "d.csv", 1)
