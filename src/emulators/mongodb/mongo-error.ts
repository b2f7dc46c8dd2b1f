import { type BsonDocument, type BsonValue, Double, doc } from './bson.ts'

/** A command that fails, with the server's code, its name and words. */
export class MongoError extends Error {
  readonly code: number
  readonly codeName: string

  /** What the error says besides. */
  readonly details: Record<string, BsonValue>

  constructor(code: number, codeName: string, message: string, details: Record<string, BsonValue> = {}) {
    super(message)
    this.name = 'MongoError'
    this.code = code
    this.codeName = codeName
    this.details = details
  }

  reply(): BsonDocument {
    return doc({ ok: new Double(0), errmsg: this.message, code: this.code, codeName: this.codeName })
  }
}
