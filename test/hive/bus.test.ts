import { expect, it } from 'vitest'
import { busTrouble } from '../../src/hive/bus.ts'

it('says in words what went wrong on the way to the bus, and what to do', () => {
  const url = 'nats://hive.example:4222'
  const known: [message: string, words: RegExp][] = [
    ['getaddrinfo ENOTFOUND hive.example', /no host of that name; correct/],
    ['connect ECONNREFUSED 192.0.2.1:4222', /does not listen; start nats-server/],
    ["'Authorization Violation'", /does not know this key; it was revoked/],
    ["'Permissions Violation for Publish to x'", /forbids that.*; reload/],
    ['unable to verify the first certificate', /another certificate.*; if the hive was set up anew/],
    ['503 no responders', /has no stream for this; start the hive/],
    ['stream not found', /has no stream for this/],
    ['maximum bytes exceeded', /the stream of .* is full; a hive that is served/],
    ['insufficient storage resources available', /is full; .*more disk/],
    ['timeout', /does not answer; look at the network/],
    ['something else', /something else; look into the log/],
  ]
  for (const [message, words] of known) {
    const { what, cure } = busTrouble(new Error(message), url)
    expect(`${what}; ${cure}`).toMatch(words)
    expect(what).toContain(url)
  }
  expect(busTrouble(new Error('timeout', { cause: new Error('connect ECONNREFUSED') }), url).what).toContain('does not listen')
})
