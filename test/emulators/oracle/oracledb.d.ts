/** As much of the driver, which brings no types, as the tests use. */
declare module 'oracledb' {
  export interface Result {
    metaData?: { name: string; dbTypeName: string }[]
    rows?: unknown[][]
    rowsAffected?: number
  }
  export interface Connection {
    oracleServerVersionString: string
    execute(
      sql: string,
      binds?: unknown,
      options?: { autoCommit?: boolean; prefetchRows?: number; fetchArraySize?: number },
    ): Promise<Result>
    executeMany(sql: string, rows: unknown[][], options?: { autoCommit?: boolean }): Promise<Result>
    commit(): Promise<void>
    rollback(): Promise<void>
    ping(): Promise<void>
    close(): Promise<void>
  }
  const oracledb: {
    getConnection(options: { user: string; password: string; connectString: string; connectTimeout?: number }): Promise<Connection>
  }
  export default oracledb
}
