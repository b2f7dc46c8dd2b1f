"""
What a controlling station sees: `iec104.py PORT ADDRESS POINTS KIND COMMAND MONITORED` prints JSON. The common address, how many points
an interrogation brings, and the addresses of a `single` or `double` command, which is on, and of the point that follows it. That one is
declared with its time, as the library takes of each object the one type that it was declared with.
"""
import json
import sys
import time

import c104

port, address, count = map(int, sys.argv[1:4])
command, monitored = map(int, sys.argv[5:7])
Type, isDouble = c104.Type, sys.argv[4] == "double"


def until(happens, seconds=10):
    end = time.monotonic() + seconds
    while not happens() and time.monotonic() < end:
        time.sleep(0.05)


def patiently(command):
    # The first command of a connection the library at times sends before the transfer is started, or misses its answer.
    return any(command() for _ in range(4))


def connected(declare):
    client = c104.Client(tick_rate_ms=50, command_timeout_ms=3000)
    link = client.add_connection(ip="127.0.0.1", port=port, init=c104.Init.MUTED)
    station = link.add_station(common_address=address)
    points = declare(station)
    client.start()
    # Left to itself the library may send before it has started the transfer, and then waits for ever.
    until(lambda: link.is_connected)
    time.sleep(0.2)
    link.unmute()
    until(lambda: not link.is_muted)
    return client, link, station, points


def number(value):
    return float(value) if isinstance(value, float) else int(value)


client, link, station, _ = connected(lambda station: None)
interrogated = patiently(
    lambda: link.interrogation(common_address=address, cause=c104.Cot.ACTIVATION, qualifier=c104.Qoi.STATION, wait_for_response=True)
)
until(lambda: len(station.points) >= count, 2)
time.sleep(0.3)
seen = {
    "interrogated": interrogated,
    "points": [[one.io_address, one.type.name, number(one.value)] for one in station.points],
    "wrong": link.interrogation(common_address=address ^ 1, cause=c104.Cot.ACTIVATION, qualifier=c104.Qoi.STATION, wait_for_response=True),
    "clock": patiently(lambda: link.clock_sync(common_address=address, wait_for_response=True)),
}
client.stop()


def declare(station):
    follows = station.add_point(io_address=monitored, type=Type.M_DP_TB_1 if isDouble else Type.M_SP_TB_1)
    moves = station.add_point(io_address=command, type=Type.C_DC_NA_1 if isDouble else Type.C_SC_NA_1)
    moves.command_mode = c104.CommandMode.SELECT_AND_EXECUTE
    return moves, follows


client, link, station, (moves, follows) = connected(declare)
heard = follows.recorded_at
# What changes is told from the second look on, a second after the first.
time.sleep(1.5)
moves.value = c104.Double.OFF if isDouble else False
seen["switched"] = patiently(lambda: moves.transmit(cause=c104.Cot.ACTIVATION))
until(lambda: follows.recorded_at != heard, 5)
seen["told"] = [follows.recorded_at != heard, number(follows.value)]
moves.command_mode = c104.CommandMode.DIRECT
seen["unselected"] = moves.transmit(cause=c104.Cot.ACTIVATION)
client.stop()
print(json.dumps(seen))
