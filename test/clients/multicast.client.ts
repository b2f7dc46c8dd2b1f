import { execFileSync } from 'node:child_process'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { expect, it } from 'vitest'
import { ran } from './ran.ts'

/** Two networks with a cable between them, as root of a container may or may not make them. */
const CABLE = 'ip link set lo up && ip link add v0 type veth peer name v1 && ip addr add 192.0.2.1/24 dev v0 && ip link set v0 up'

/** Sundew listens on all addresses of the one network, a client of the other asks the group. */
const SCRIPT = `set -e
${CABLE}
ip route add default dev v0
unshare -n sleep 60 & other=$!
sleep 0.3
ip link set v1 netns $other
inside() { nsenter -t $other -n "$@"; }
inside ip link set lo up
inside ip addr add 192.0.2.2/24 dev v1
inside ip link set v1 up
inside ip route add default dev v1
node bin/sundew.js start --config "$1/sundew.yaml" --data "$1/data" > "$1/out" 2>&1 & sundew=$!
for i in $(seq 300); do grep -q exposed "$1/out" && break; sleep 0.1; done
inside timeout 10 gssdp-discover -i v1 -n 3 || true
kill $sundew $other
wait $sundew || true`

const SETTINGS = (prompts: string) => `prompts: ${prompts}
listen: { host: 0.0.0.0, offset: 0 }
console: { enabled: false }
llm: { enabled: false }
lures: [{ lure: upnp }]
`

function canLayCables(): boolean {
  try {
    execFileSync('unshare', ['-n', 'sh', '-c', CABLE], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

it.skipIf(!canLayCables())('who asks a multicast group finds the router', { timeout: 60_000 }, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'sundew-multicast-'))
  writeFileSync(join(folder, 'sundew.yaml'), SETTINGS(resolve('prompts')))
  const { stdout: said } = await ran('unshare', ['-n', 'bash', '-c', SCRIPT, 'multicast', folder])
  expect(said).toContain('upnp:rootdevice')
  expect(said).toMatch(/Location: http:\/\/[\d.]+:5000\/rootDesc\.xml/)
})
