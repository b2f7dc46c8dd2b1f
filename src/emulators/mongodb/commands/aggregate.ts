import { type BsonDocument, type BsonValue, isDocument, keyOf, numberOf } from '../bson.ts'
import { compare, matches, pathOf, valuesAt } from '../compare.ts'
import { MongoError } from '../mongo-error.ts'
import { projected } from '../projection.ts'
import type { Work } from '../work.ts'
import { type Call, type Command, ok } from './command.ts'
import { sorted } from './read.ts'

function aggregateInputs(call: Call): { stages: BsonDocument[]; batch: number | undefined } {
  const pipeline = call.command.get('pipeline')
  if (!Array.isArray(pipeline)) throw new MongoError(14, 'TypeMismatch', "'pipeline' option must be specified as an array")
  if (pipeline.length > 1000) throw new MongoError(7749501, 'Location7749501', 'Pipeline length must be no longer than 1000 stages')
  const cursor = call.command.get('cursor')
  if (!isDocument(cursor))
    throw new MongoError(9, 'FailedToParse', "The 'cursor' option is required, except for aggregate with the explain argument")
  return { stages: pipeline.filter(isDocument), batch: numberOf(cursor.get('batchSize')) }
}

function aggregate(call: Call): BsonDocument {
  const { client, database, work, command } = call
  const { stages, batch } = aggregateInputs(call)
  const target = command.get('aggregate')
  const collection = typeof target === 'string' ? target : '$cmd.aggregate'
  let documents: BsonDocument[] = client.state.store.find(database, collection)?.documents ?? []
  for (const stage of stages) {
    const [[name, argument] = ['', null]] = stage
    work.step(documents.length + 1)
    work.checkTime()
    documents = stageOf(name)(documents, argument, work)
  }
  return ok({ cursor: client.state.open(`${database}.${collection}`, documents, batch) })
}

type Stage = (documents: BsonDocument[], argument: BsonValue, work: Work) => BsonDocument[]

const asDocument = (value: BsonValue): BsonDocument => (isDocument(value) ? value : new Map())

const STAGES: Record<string, Stage> = {
  $match: (documents, argument, work) => documents.filter((document) => matches(document, asDocument(argument), work)),
  $sort: (documents, argument, work) => sorted(documents, asDocument(argument), work),
  $limit: (documents, argument) => documents.slice(0, Math.max(0, numberOf(argument) ?? 0)),
  $skip: (documents, argument) => documents.slice(Math.max(0, numberOf(argument) ?? 0)),
  $sample: (documents, argument) => documents.slice(0, Math.max(0, numberOf(asDocument(argument).get('size')) ?? 0)),
  $project: (documents, argument, work) => documents.map((document) => projected(document, asDocument(argument), work)),
  $unset: (documents, argument, work) => {
    const names = (Array.isArray(argument) ? argument : [argument]).filter((name) => typeof name === 'string')
    const hidden = new Map(names.map((name) => [name, 0]))
    return documents.map((document) => projected(document, hidden, work))
  },
  $count: (documents, argument) => (documents.length ? [new Map([[String(argument), documents.length]])] : []),
  $group: (documents, argument, work) => grouped(documents, asDocument(argument), work),
  $collStats: (documents) => [new Map([['count', documents.length]])],
  $indexStats: () => [],
  $currentOp: () => [],
  $listSessions: () => [],
  $listLocalSessions: () => [],
}

function stageOf(name: string): Stage {
  const stage = STAGES[name]
  if (stage) return stage
  throw new MongoError(40_324, 'Location40324', `Unrecognized pipeline stage name: '${name}'`)
}

/** A field's value, or a value as it stands. */
function evaluated(document: BsonDocument, expression: BsonValue, work: Work): BsonValue {
  if (typeof expression === 'string' && expression.startsWith('$')) return valuesAt(document, pathOf(expression.slice(1)), work)[0] ?? null
  if (!isDocument(expression)) return expression
  return new Map(
    [...expression].slice(0, 100).map(([name, inner]) => [name, typeof inner === 'string' ? evaluated(document, inner, work) : inner]),
  )
}

function grouped(documents: readonly BsonDocument[], specification: BsonDocument, work: Work): BsonDocument[] {
  const idExpression = specification.get('_id')
  if (idExpression === undefined) throw new MongoError(15_955, 'Location15955', 'a group specification must include an _id')
  const groups = new Map<string, { id: BsonValue; members: BsonDocument[] }>()
  for (const document of documents) {
    const id = evaluated(document, idExpression, work)
    const key = keyOf(id)
    const group = groups.get(key)
    if (group) group.members.push(document)
    else groups.set(key, { id, members: [document] })
    work.step()
  }
  const accumulators = [...specification].filter(([name]) => name !== '_id')
  return [...groups.values()].map(({ id, members }) => {
    const row: BsonDocument = new Map([['_id', id]])
    for (const [name, accumulator] of accumulators) row.set(name, accumulated(members, name, accumulator, work))
    return row
  })
}

function accumulated(members: readonly BsonDocument[], name: string, accumulator: BsonValue, work: Work): BsonValue {
  const [[operator, argument] = ['', null]] = asDocument(accumulator)
  if (operator === '') throw new MongoError(40_234, 'Location40234', `The field '${name}' must be an accumulator object`)
  const values = members.map((member) => evaluated(member, argument, work))
  const numbers = values.map((value) => numberOf(value)).filter((value) => value !== undefined)
  const sum = numbers.reduce((total, value) => total + value, 0)
  switch (operator) {
    case '$sum':
      return sum
    case '$avg':
      return numbers.length ? sum / numbers.length : null
    case '$first':
      return values[0] ?? null
    case '$last':
      return values.at(-1) ?? null
    case '$push':
      return values
    case '$addToSet':
      return [...new Map(values.map((value) => [keyOf(value), value])).values()]
    case '$min':
    case '$max': {
      const [least, ...others] = values
      return others.reduce(
        (best: BsonValue, value) => (compare(value, best, work) < 0 === (operator === '$min') ? value : best),
        least ?? null,
      )
    }
    default:
      throw new MongoError(15_952, 'Location15952', `unknown group operator '${operator}'`)
  }
}

export const AGGREGATE_COMMANDS: Record<string, Command> = { aggregate: { run: aggregate } }
