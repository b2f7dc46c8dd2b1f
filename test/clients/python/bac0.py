"""What BAC0 sees, which integrators script with: `bac0.py PORT MEASURED SETPOINT` prints JSON; a point is given as `analogInput:1`."""
import asyncio
import json
import logging
import socket
import sys

import BAC0


def free_port():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


async def main():
    [port, *points] = sys.argv[1:]
    at = f"127.0.0.1:{port}"
    measured, setpoint = (f"{at} {point.replace(':', ' ')}" for point in points)
    async with BAC0.start(ip="127.0.0.1/8", port=free_port(), ping=False) as client:

        async def present(point):
            return float(await client.read(f"{point} presentValue"))

        values = [await present(measured), await present(setpoint)]
        several = await client.readMultiple(f"{measured} objectName units")
        # `write` runs this in a task, which does not begin in this version.
        await client._write(f"{setpoint} presentValue {values[1] + 0.25} - 8")
        print(
            json.dumps(
                {
                    "model": str(await client.read(f"{at} device 4194303 modelName")),
                    "several": [str(one) for one in several],
                    "values": values,
                    "written": await present(setpoint),
                }
            )
        )


logging.disable()
asyncio.run(main())
