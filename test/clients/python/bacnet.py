"""What a BACnet stack sees: `bacnet.py PORT NAME … SETPOINT` prints JSON, with the present value of the objects of these names."""
import asyncio
import json
import sys

from bacpypes3.apdu import ErrorRejectAbortNack
from bacpypes3.app import Application
from bacpypes3.argparse import SimpleArgumentParser
from bacpypes3.pdu import Address
from bacpypes3.primitivedata import Null


async def main():
    # Port 0 of the client is one that is free.
    client = Application.from_args(SimpleArgumentParser().parse_args(["--address", "127.0.0.1/8:0", "--instance", "4194000"]))
    device_at, names = Address(f"127.0.0.1:{sys.argv[1]}"), sys.argv[2:]
    [found] = await client.who_is(address=device_at, timeout=2)
    device = found.iAmDeviceIdentifier

    def read(thing, name, index=None):
        return client.read_property(device_at, thing, name, index)

    # The list is longer than one answer, and the device does not segment: then clients ask for it one by one.
    try:
        objects = await read(device, "object-list")
    except ErrorRejectAbortNack:
        objects = [await read(device, "object-list", i + 1) for i in range(await read(device, "object-list", 0))]
    by_name = {}
    for name in names:
        [has] = await client.who_has(object_name=name, low_limit=device[1], high_limit=device[1], address=device_at, timeout=1)
        by_name[name] = has.objectIdentifier

    setpoint = by_name[names[-1]]
    values = [float(await read(by_name[name], "present-value")) for name in names]
    await client.write_property(device_at, setpoint, "present-value", values[-1] + 0.25, priority=8)
    written = float(await read(setpoint, "present-value"))
    slots = [None if slot.null == () else float(slot.real) for slot in await read(setpoint, "priority-array")]
    await client.write_property(device_at, setpoint, "present-value", Null(()), priority=8)
    print(
        json.dumps(
            {
                "device": device[1],
                "vendor": [found.vendorID, await read(device, "vendor-identifier"), await read(device, "vendor-name")],
                "model": await read(device, "model-name"),
                "name": await read(device, "object-name"),
                "objects": [str(one) for one in objects],
                "named": {name: str(one) for name, one in by_name.items()},
                "first": await read(objects[1], "object-name"),
                "values": values,
                "written": written,
                "slots": slots,
                "released": (await read(setpoint, "priority-array", 8)).null == (),
            }
        )
    )
    client.close()


asyncio.run(main())
