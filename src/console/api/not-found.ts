/** What was asked for is not, or not any more, there. */
export class NotFound extends Error {
  constructor(what: string) {
    super(`there is no ${what}`)
    this.name = 'NotFound'
  }
}
