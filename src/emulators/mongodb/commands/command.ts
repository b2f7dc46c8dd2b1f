import type { LoginDesk } from '../../../sensor/login-desk.ts'
import type { Visit } from '../../../sensor/visit.ts'
import { type BsonDocument, type BsonValue, Double, doc, isDocument, numberOf } from '../bson.ts'
import type { MongodbEvents } from '../events.ts'
import { MongoError } from '../mongo-error.ts'
import type { Server } from '../server.ts'
import type { SourceState } from '../source-state.ts'
import type { Work } from '../work.ts'
import type { SaslExchange } from './login.ts'

/** What the commands of one connection share. */
export interface Client {
  readonly visit: Visit<MongodbEvents>
  readonly server: Server
  readonly state: SourceState
  readonly desk: LoginDesk
  readonly connectionId: number
  readonly isLoginNeeded: boolean
  user: { name: string; database: string } | undefined
  sasl: SaslExchange | undefined
  hasIntroduced: boolean
}

/** One command of a client. */
export interface Call {
  readonly client: Client
  readonly name: string
  readonly database: string
  readonly command: BsonDocument
  readonly work: Work
}

export interface Command {
  run(call: Call): BsonDocument | Promise<BsonDocument>
  /** Answered before a login. */
  isOpen?: boolean
  /** On the database `admin` alone. */
  isForAdmin?: boolean
}

/** A reply that says all went well. */
export function ok(pairs: Record<string, BsonValue> = {}): BsonDocument {
  return doc({ ...pairs, ok: new Double(1) })
}

/** Name of the collection that a command is about. @throws MongoError */
export function collectionOf({ command, name }: Call): string {
  const value = command.get(name)
  if (typeof value !== 'string') throw new MongoError(73, 'InvalidNamespace', 'collection name has invalid type int')
  if (value === '' || value.includes('\0')) throw new MongoError(73, 'InvalidNamespace', `Invalid namespace specified '${value}'`)
  return value
}

export function documentArgument({ command, name: of }: Call, name: string): BsonDocument {
  const value = command.get(name)
  if (value === undefined || value === null) return new Map()
  if (isDocument(value)) return value
  throw new MongoError(14, 'TypeMismatch', `BSON field '${of}.${name}' is the wrong type, expected type 'object'`)
}

export function documentsArgument(call: Call, name: string): BsonDocument[] {
  const value = call.command.get(name)
  if (value === undefined)
    throw new MongoError(40_414, 'Location40414', `BSON field '${call.name}.${name}' is missing but a required field`)
  if (!Array.isArray(value) || !value.every(isDocument)) {
    throw new MongoError(14, 'TypeMismatch', `BSON field '${call.name}.${name}' is the wrong type, expected type 'array'`)
  }
  return value as BsonDocument[]
}

export function numberArgument({ command }: Call, name: string): number | undefined {
  return numberOf(command.get(name))
}

export function isTrue(value: BsonValue | undefined): boolean {
  return value === true || (numberOf(value) ?? 0) !== 0
}
