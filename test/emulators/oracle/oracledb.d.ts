/** As much of the driver, which brings no types, as the tests use. */
declare module 'oracledb' {
  export interface Connection {
    oracleServerVersionString: string
    execute(sql: string): Promise<{ rows?: unknown[] }>
    close(): Promise<void>
  }
  const oracledb: {
    getConnection(options: { user: string; password: string; connectString: string; connectTimeout?: number }): Promise<Connection>
  }
  export default oracledb
}
