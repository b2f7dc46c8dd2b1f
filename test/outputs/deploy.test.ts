import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { indexTemplate } from '../../src/outputs/elastic-template.ts'
import { prometheusText } from '../../src/outputs/prometheus.ts'
import type { RunningState } from '../../src/running-file.ts'

interface SavedObject {
  type: string
  id: string
  attributes: Record<string, unknown>
  references: { type: string; id: string; name: string }[]
}

const json = (path: string): unknown => JSON.parse(readFileSync(path, 'utf8'))
const saved = readFileSync('deploy/elasticsearch/dashboards.ndjson', 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as SavedObject)

/** Names of the fields of a mapping, with dots. */
function fieldsOf(properties: Record<string, { properties?: Record<string, never> }>, prefix = ''): string[] {
  return Object.entries(properties).flatMap(([name, one]) =>
    one.properties ? fieldsOf(one.properties, `${prefix}${name}.`) : [`${prefix}${name}`],
  )
}

describe('what is ready for Kibana, OpenSearch Dashboards and Grafana', () => {
  it('has the index templates that the output puts', () => {
    expect(json('deploy/elasticsearch/index-template.json')).toEqual(indexTemplate('logs-sundew-default'))
    expect(json('deploy/elasticsearch/index-template-opensearch.json')).toEqual(indexTemplate('logs-sundew-default', true))
  })

  it('refers to objects and fields that are there', () => {
    const ids = new Set(saved.map(({ type, id }) => `${type} ${id}`))
    for (const { references } of saved) for (const { type, id } of references) expect(ids).toContain(`${type} ${id}`)
    const template = indexTemplate('x') as { template: { mappings: { properties: Parameters<typeof fieldsOf>[0] } } }
    const fields = fieldsOf(template.template.mappings.properties)
    for (const { attributes } of saved.filter(({ type }) => type === 'visualization')) {
      const { aggs } = JSON.parse(String(attributes.visState)) as { aggs: { params: { field?: string } }[] }
      for (const { params } of aggs) if (params.field) expect(fields).toContain(params.field)
    }
    const [dashboard] = saved.filter(({ type }) => type === 'dashboard')
    const panels = JSON.parse(String(dashboard?.attributes.panelsJSON)) as { panelRefName: string }[]
    expect(panels.map(({ panelRefName }) => panelRefName).sort()).toEqual(dashboard?.references.map(({ name }) => name).sort())
  })

  it('asks Prometheus for figures that the sensor has', () => {
    const output = { name: 'o', kind: 'loki', sent: 0, failures: 0, deadLetters: 0, lagMs: 0 }
    const backend = { kind: 'ollama', url: 'u', model: 'm', up: true }
    const state = { engine: { backends: [backend] }, store: {}, sensor: {}, bus: {}, outputs: [output] } as unknown as RunningState
    const text = prometheusText(state, { events: 0, sessions: 0, sources: 0 })
    const asked = `${readFileSync('deploy/grafana/sundew.json', 'utf8')}${readFileSync('deploy/prometheus/alerts.yaml', 'utf8')}`
    const names = new Set(asked.match(/sundew_[a-z_]+/g))
    expect(names.size).toBeGreaterThan(15)
    for (const name of names) expect(text).toContain(`# TYPE ${name} `)
  })
})
