import { pino } from 'pino'
import type { Loaded } from '../config/load.ts'
import { Instance, isExposed, type Plan, planOf } from '../instance.ts'
import { diagnose, type Finding } from '../llm/diagnose.ts'
import type { PortRow } from '../sensor/sensor.ts'
import { outliveFaults } from './outlive-faults.ts'
import { table } from './table.ts'
import type { Output } from './verb.ts'
import { portCells, portColumns } from './verbs/ports.ts'

/** Plays until a signal asks to stop, and tells the operator what listens where and what to try next. */
export async function playUntilStopped(loaded: Loaded, output: Output): Promise<void> {
  const plan = planOf(loaded)
  const log = pino({ level: plan.settings.log.level }, pino.destination({ fd: 2, sync: false }))
  outliveFaults(log)
  const instance = await Instance.start(plan, log)
  announce(plan, instance.sensor.ports(), output)
  for (const { what, cure } of instance.sensor.closed()) output.line(`closed   ${what}\n         tried again every second; ${cure}`)
  for (const line of consoleLines(instance.console)) output.line(line)
  for (const line of modelLines(await diagnose(plan.settings.llm, { quick: true }))) output.line(line)
  output.line('')
  for (const line of nextSteps(instance.sensor.ports(), plan)) output.line(line)
  const reason = await stopSignal()
  output.line(`\n${reason}: ending visits and keeping what they left`)
  await instance.stop(reason)
}

function announce(plan: Plan, ports: PortRow[], output: Output): void {
  output.line(table(portColumns, ports.map(portCells)))
  output.line('')
  output.line(`data     ${plan.settings.data}`)
  output.line(`exposed  ${isExposed(plan) ? 'YES: others can reach these ports' : 'no: this machine only (listen.host decides)'}`)
}

function consoleLines(operators: Instance['console']): string[] {
  if (!operators) return ['console  off (console.enabled decides)']
  if (!operators.setUpLink) return [`console  ${operators.url}`]
  return [`console  make the first account within a day: ${operators.setUpLink}`]
}

/** State of the model in one or two lines. No model is a normal state. */
function modelLines(findings: Finding[]): string[] {
  if (findings.length === 0) return ['model    off: the built-in engine answers']
  const bad = findings.find((f) => !f.ok)
  if (!bad) return [`model    ${findings.map((f) => f.what).join('; ')}`]
  return [`model    ${bad.what}: the built-in engine answers until it is there`, `         ${bad.cure}`]
}

function nextSteps(ports: PortRow[], plan: Plan): string[] {
  const ssh = ports.find((p) => p.lure === 'ssh')
  const http = ports.find((p) => p.lure === 'http' && !p.tls)
  return [
    ...(ssh ? [`try      ssh -p ${ssh.port} root@${ssh.host}${isExposed(plan) ? '' : '   (any password)'}`] : []),
    ...(http ? [`         curl -i http://${http.host}:${http.port}/`] : []),
    'review   npm run sundew -- sessions     npm run sundew -- show SESSION     npm run sundew -- tail',
    'health   npm run sundew -- status       npm run sundew -- doctor',
    `tune     ${plan.settings.prompts}/${plan.settings.persona}/ (reloaded when saved)`,
  ]
}

function stopSignal(): Promise<string> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve(signal))
  })
}
