import { resolve } from 'node:path'
import { loadSettings } from '../../config/load.ts'
import { readMembership } from '../../config/membership.ts'
import { checkList, type Item } from '../../install/check-list.ts'
import { destinationsOf } from '../../install/destinations.ts'
import { readFacts } from '../../install/facts.ts'
import { planOf } from '../../instance.ts'
import { diagnose } from '../../llm/diagnose.ts'
import { RunningFile } from '../../running-file.ts'
import { jsonLine } from '../json-line.ts'
import type { Verb } from '../verb.ts'

const PROJECT = resolve(import.meta.dirname, '../../..')
const MARK = { ok: 'ok  ', note: 'note', bad: 'BAD ' } as const

export const install: Verb = {
  name: 'install',
  summary: 'check-list for this machine before a sensor faces attackers, with the commands that cure what is missing; changes nothing',
  examples: ['sundew install', 'sundew install --json'],
  async run(given, output) {
    const loaded = loadSettings(given)
    const { settings } = loaded
    const plan = planOf(loaded)
    // A sensor that runs has its ports itself.
    const isRunning = RunningFile.read(settings.data) !== undefined
    const model = await diagnose(settings.llm, { quick: true })
    const facts = await readFacts({ data: settings.data, project: PROJECT, ports: isRunning ? [] : plan.ports, model })
    const items = checkList(facts, settings, destinationsOf(settings, readMembership(settings.data)?.url))
    if (given.json) output.line(jsonLine(items))
    else for (const item of items) tell(item, output.line.bind(output))
    if (!given.json) output.line('\nNothing was changed: the commands are for you to read and to type.')
    return items.some(({ state }) => state === 'bad') ? 1 : 0
  },
}

function tell({ part, state, what, cure }: Item, line: (text: string) => void): void {
  line(`${MARK[state]} ${part.padEnd(7)} ${what}`)
  for (const command of cure.split('\n')) if (command) line(`             ${command}`)
}
