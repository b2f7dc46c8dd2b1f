import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { listPersonas } from '../../config/personas.ts'
import { printable } from '../../events/printable.ts'
import { lineDiff } from '../../lab/prompts/line-diff.ts'
import type { PromptVersion } from '../../lab/prompts/version.ts'
import { UsageProblem } from '../cli.ts'
import { jsonLine } from '../json-line.ts'
import { type OpenLab, withLab } from '../open-lab.ts'
import { type Column, table } from '../table.ts'
import type { Arguments, ExitCode, Output, Verb } from '../verb.ts'

const columns: Column[] = [
  { title: 'PROMPT' },
  { title: 'SAVED (UTC)' },
  { title: 'BY', max: 20 },
  { title: 'TOKENS', align: 'right' },
  { title: 'LABELS' },
  { title: 'MESSAGE', max: 60 },
]

export const prompt: Verb = {
  name: 'prompt',
  summary: "versions of the personas' prompts; labels say which is played",
  usage:
    'ls [PERSONA] | show PERSONA[@V] | edit PERSONA | diff PERSONA@V PERSONA@V | promote PERSONA@V [LABEL] | gate PERSONA | rollback PERSONA | write PERSONA | lint',
  examples: [
    'sundew prompt ls debian-web',
    'sundew prompt show debian-web@production',
    "sundew prompt edit debian-web --shell shell.md --message 'no greeting'",
    'sundew prompt diff debian-web@1 debian-web@2',
    'sundew prompt promote debian-web@2',
    'sundew prompt promote debian-web@3 canary --share 10',
    'sundew prompt gate debian-web --dataset shell --at-least 90',
    'sundew prompt gate debian-web --off',
    'sundew prompt rollback debian-web',
    'sundew prompt write debian-web',
    'sundew prompt lint',
  ],
  options: {
    shell: { type: 'string' },
    web: { type: 'string' },
    message: { type: 'string' },
    share: { type: 'string' },
    overwrite: { type: 'boolean' },
    ungated: { type: 'boolean' },
    dataset: { type: 'string' },
    'at-least': { type: 'string' },
    regressions: { type: 'boolean' },
    off: { type: 'boolean' },
  },
  about: {
    shell: 'edit: the file with the new shell text (default: the one in prompts/)',
    web: 'edit: the file with the new web text (default: the one in prompts/)',
    message: 'edit: what changes; promote: why',
    share: 'promote to canary: percent of sources that meet it',
    overwrite: 'promote: write over files in prompts/ that were changed meanwhile',
    ungated: 'promote: pass by the gate',
    dataset: 'gate: what a version must have been asked by an experiment',
    'at-least': 'gate: percent of its turns that must pass (default 100)',
    regressions: 'gate: turns may fail that pass with production',
    off: 'gate: take it away',
  },
  async run(given, output) {
    const [what = 'ls', ...words] = given.words
    return withLab(given, (open) => {
      const known = Object.hasOwn(ACTIONS, what) ? ACTIONS[what] : undefined
      if (!known) throw new UsageProblem('say ls, show, edit, diff, promote, gate, rollback, write or lint')
      return known(open, words, given, output)
    })
  },
}

type Action = (open: OpenLab, words: string[], given: Arguments, output: Output) => ExitCode

const ACTIONS: Readonly<Record<string, Action>> = { ls, show, edit, diff, promote, gate, rollback, write, lint }

/** `debian-web@3` as its two parts. */
function named(word: string | undefined): { persona: string; reference: string } {
  if (!word) throw new UsageProblem('which one? Say PERSONA or PERSONA@VERSION')
  const [persona = '', reference = 'production'] = word.split('@')
  return { persona, reference }
}

function versionOf({ lab }: OpenLab, word: string | undefined): PromptVersion {
  const { persona, reference } = named(word)
  lab.persona(persona)
  return lab.library.version(persona, reference)
}

function ls({ lab, settings }: OpenLab, [only]: string[], { json }: Arguments, output: Output): ExitCode {
  const names = only ? [only] : listPersonas(settings.prompts)
  const all = names.map((name) => ({ labels: lab.deck.settle(lab.persona(name)), versions: lab.library.versions(name).reverse() }))
  if (json) {
    output.line(
      jsonLine(
        all.flatMap(({ labels, versions }) =>
          versions.map(({ shell: _s, web: _w, ...head }) => ({ ...head, labels: labelsAt(labels, head.number) })),
        ),
      ),
    )
    return 0
  }
  const rows = all.flatMap(({ labels, versions }) =>
    versions.map((one) => [
      `${one.persona}@${one.number}`,
      new Date(one.at).toISOString().slice(0, 16).replace('T', ' '),
      one.author,
      `${one.tokens.shell} + ${one.tokens.web}`,
      labelsAt(labels, one.number).join(' '),
      one.message,
    ]),
  )
  output.line(table(columns, rows))
  for (const name of names) {
    const state = lab.deck.filesState(name)
    if (state && !state.inStep)
      output.line(
        `prompts/${name} holds @${state.files}, production is @${state.production}: ${state.conflict ? 'promote one of them with --overwrite' : `sundew prompt write ${name}`}`,
      )
  }
  return 0
}

function labelsAt(labels: { production: number; staging?: number | undefined; canary?: number | undefined }, number: number): string[] {
  return (['production', 'staging', 'canary'] as const).filter((label) => labels[label] === number)
}

function show(open: OpenLab, [word]: string[], { json }: Arguments, output: Output): ExitCode {
  const version = versionOf(open, word)
  if (json) output.line(jsonLine(version))
  else output.line(`# shell.md\n${printable(version.shell)}\n# web.md\n${printable(version.web)}`)
  return 0
}

/** Saves what is in prompts/, or in files that are named, as a version; no label moves but where prompts/ itself was changed. */
function edit({ lab, settings, author }: OpenLab, [word]: string[], { options, json }: Arguments, output: Output): ExitCode {
  const { persona: name } = named(word)
  const persona = lab.persona(name)
  const text = (side: 'shell' | 'web'): string => {
    const file = options[side]
    return readFileSync(typeof file === 'string' ? file : join(settings.prompts, name, `${side}.md`), 'utf8')
  }
  const message = typeof options.message === 'string' ? options.message : 'edited at the command line'
  const version = lab.library.save(persona, {
    shell: text('shell'),
    web: text('web'),
    author,
    message,
    parent: lab.deck.settle(persona).production,
  })
  if (json) output.line(jsonLine(version))
  else
    output.line(
      `${name}@${version.number}, ${version.tokens.shell} + ${version.tokens.web} tokens; "sundew prompt promote ${name}@${version.number}" plays it`,
    )
  return 0
}

const SIGN = { same: ' ', old: '-', new: '+' } as const

function diff(open: OpenLab, [first, second]: string[], { json }: Arguments, output: Output): ExitCode {
  const [before, after] = [versionOf(open, first), versionOf(open, second)]
  const texts = (['shell', 'web'] as const).map((side) => ({ file: `${side}.md`, lines: lineDiff(before[side], after[side]) }))
  if (json) {
    output.line(jsonLine(texts))
    return 0
  }
  for (const { file, lines } of texts.filter(({ lines }) => lines.some(({ kind }) => kind !== 'same'))) {
    output.line(file)
    for (const { kind, text } of lines) if (kind !== 'same') output.line(`${SIGN[kind]} ${printable(text)}`)
  }
  return 0
}

function promote(open: OpenLab, [word, label = 'production']: string[], { options }: Arguments, output: Output): ExitCode {
  const { lab, author } = open
  const version = versionOf(open, word)
  const { persona: name, number } = version
  if (label === 'staging' || label === 'canary') {
    lab.library.move(name, label, number, { by: author })
    if (typeof options.share === 'string') lab.library.setCanaryShare(name, percentOf(options.share))
    output.line(`${label} of ${name} is @${number}`)
    return 0
  }
  if (label !== 'production') throw new UsageProblem(`there is no label ${label}: production, staging or canary`)
  const by = { by: author, ...(typeof options.message === 'string' ? { why: options.message } : {}) }
  const flags = { overwrite: options.overwrite === true, ungated: options.ungated === true }
  told(name, number, lab.promote(lab.persona(name), version, by, flags), output)
  return 0
}

/** Shows or sets what a version must show before it becomes production. */
function gate({ lab }: OpenLab, [word]: string[], { options, json }: Arguments, output: Output): ExitCode {
  const { name } = lab.persona(named(word).persona)
  if (options.off === true) lab.setGate(name, undefined)
  else if (typeof options.dataset === 'string') {
    const percent = options['at-least'] === undefined ? 1 : percentOf(String(options['at-least']))
    lab.setGate(name, { dataset: options.dataset, atLeast: percent, noRegressions: options.regressions !== true })
  }
  const now = lab.gate(name)
  if (json) output.line(jsonLine(now ?? null))
  else if (!now) output.line(`${name} has no gate: any version may become production`)
  else output.line(`${name}: ${Math.round(now.atLeast * 100)} % of ${now.dataset}${now.noRegressions ? ', no regression' : ''}`)
  return 0
}

function rollback({ lab, author }: OpenLab, [word]: string[], _given: Arguments, output: Output): ExitCode {
  const persona = lab.persona(named(word).persona)
  const { version, written } = lab.rollBack(persona, { by: author })
  told(persona.name, version.number, written, output)
  return 0
}

/** Brings prompts/ in step with production, which the confined sensor may not do. */
function write({ lab }: OpenLab, [word]: string[], _given: Arguments, output: Output): ExitCode {
  const { persona: name } = named(word)
  const isWritten = lab.deck.writeFiles(lab.persona(name))
  output.line(isWritten ? `prompts/${name} holds production` : `prompts/${name} cannot be written`)
  return isWritten ? 0 : 1
}

function told(name: string, number: number, written: boolean, output: Output): void {
  output.line(`production of ${name} is @${number}, from the next visit on`)
  if (!written) output.line(`prompts/${name} could not be written and holds another text`)
}

function percentOf(text: string): number {
  const percent = Number(text.replace('%', ''))
  if (!(percent >= 0 && percent <= 100)) throw new UsageProblem(`${text} is no percentage`)
  return percent / 100
}

/** Looks at what prompts/ holds now: variables, sizes, and whether it is in step. */
function lint({ lab, settings }: OpenLab, [only]: string[], { json }: Arguments, output: Output): ExitCode {
  const found = (only ? [only] : listPersonas(settings.prompts)).map((name) => {
    const persona = lab.persona(name)
    return { persona: name, ...lab.checkTexts(persona, persona.prompts), files: lab.deck.filesState(name) }
  })
  if (json) output.line(jsonLine(found))
  for (const { persona, problems, tokens, files } of json ? [] : found) {
    output.line(`${persona}: ${tokens.shell} + ${tokens.web} tokens${files?.inStep === false ? ', out of step with production' : ''}`)
    for (const { file, line, key, what, cure } of problems)
      output.line(`  ${file}${line === undefined ? '' : `:${line}`} ${key}: ${what}; ${cure}`)
  }
  return found.some(({ problems, files }) => problems.length > 0 || files?.inStep === false) ? 1 : 0
}
