"""What the EtherNet/IP library of most tools sees: `enip.py PORT TAG … SETPOINT` prints JSON, with the tags' values."""
import json
import sys

from pycomm3 import CIPDriver, LogixDriver

path, tags = f"127.0.0.1:{sys.argv[1]}", sys.argv[2:]
identity = CIPDriver.list_identity(path)
with LogixDriver(path) as controller:
    setpoint = tags[-1]
    everything = controller.read(*controller.tags)
    before = controller.read(*tags)
    wrote = controller.write((setpoint, before[-1].value + 0.25))
    seen = {
        "adapter": {key: identity[key] for key in ("vendor", "product_type", "product_code", "product_name", "serial")},
        "controller": {key: controller.info[key] for key in ("vendor", "product_type", "product_code", "product_name", "keyswitch", "name")},
        "tags": list(controller.tags),
        "refused": [one.tag for one in everything if one.error],
        "values": [one.value for one in before],
        "wrote": wrote.error or "ok",
        "written": controller.read(setpoint).value,
        "unknown": controller.read("NoSuchTag").error is not None,
        "year": controller.get_plc_time().value["datetime"].year,
    }
print(json.dumps(seen))
