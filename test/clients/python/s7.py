"""What the S7 library of most tools sees: `s7.py PORT DB BYTE …` prints JSON, with the REAL at each byte of the data blocks."""
import datetime
import json
import struct
import sys

from snap7.client import Client
from snap7.type import Block

client = Client()
client.connect("127.0.0.1", 0, 2, int(sys.argv[1]))
places = [(int(db), int(byte)) for db, byte in zip(sys.argv[2::2], sys.argv[3::2])]


def real(db, byte):
    return struct.unpack(">f", client.db_read(db, byte, 4))[0]


def state():
    return client.get_cpu_state().removeprefix("S7CpuStatus")


info, order, counts = client.get_cpu_info(), client.get_order_code(), client.list_blocks()
block = client.get_block_info(Block.DB, places[0][0])
seen = {
    "module": info.ModuleTypeName.decode(),
    "serial": info.SerialNumber.decode(),
    "order": order.OrderCode.decode().strip(),
    "pdu": client.get_cp_info().MaxPduLength,
    "lists": [one for one in client.read_szl_list() if one],
    "leds": client.read_szl(0x0019, 0).Header.NDR,
    "counts": {"OB": counts.OBCount, "DB": counts.DBCount, "SFC": counts.SFCCount},
    "blocks": [one for one in client.list_blocks_of_type(Block.DB, 64) if one],
    "block": {"name": block.Header.decode(), "bytes": block.MC7Size},
    "uploaded": len(client.full_upload(Block.DB, places[0][0])[0]) - block.LoadSize,
    "values": [real(db, byte) for db, byte in places],
    "clock": client.get_plc_datetime().isoformat(),
    "states": [state()],
}

# The last place is a setpoint.
db, byte = places[-1]
client.db_write(db, byte, bytearray(struct.pack(">f", seen["values"][-1] + 0.25)))
seen["written"] = real(db, byte)

client.plc_stop()
seen["states"].append(state())
client.plc_cold_start()
seen["states"].append(state())

client.set_plc_datetime(datetime.datetime(2031, 5, 6, 7, 8, 9))
seen["set"] = client.get_plc_datetime().isoformat()
client.disconnect()
print(json.dumps(seen))
