import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ORACLE } from '../../../src/host/database/oracle/dialect.ts'
import { formatDate, formatNumber, parseDate } from '../../../src/host/database/oracle/format.ts'
import { open } from './session.ts'

const opened = (): ReturnType<typeof open> =>
  open(
    ORACLE,
    'SYSTEM',
    ['SYS', 'SYSTEM'].map((name, i) => ({ name, id: i + 1 })),
  )

describe('format models', () => {
  const noon = Date.UTC(2026, 0, 31, 15, 4, 5)
  it.each([
    ['DD-MON-RR', '31-JAN-26'],
    ['YYYY-MM-DD HH24:MI:SS', '2026-01-31 15:04:05'],
    ['Month DD, YYYY HH:MI AM', 'January 31, 2026 03:04 PM'],
    ['DY Q DDD', 'SAT 1 031'],
  ])('%s', (mask, text) => {
    expect(formatDate(noon, mask)).toBe(text)
  })

  it('reads what it writes', () => {
    for (const mask of ['YYYY-MM-DD HH24:MI:SS', 'DD/MM/YYYY HH12:MI:SS AM', 'DD MON YYYY HH24:MI:SS'])
      expect(parseDate(formatDate(noon, mask), mask)).toBe(noon)
    expect(parseDate('x', 'YYYY-MM-DD')).toBeUndefined()
  })

  it('writes numbers', () => {
    expect([formatNumber(0.5), formatNumber(1234.5, '9,999.00'), formatNumber(7, 'FM000')]).toEqual(['.5', ' 1,234.50', '007'])
  })
})

describe('statements', () => {
  it.each<[string, unknown]>([
    ["select 1 from dual where '' || null is null", []],
    ["select nvl(null, 'a'), nvl2('x', 1, 2), decode(null, null, 'same', 'other') from dual", [['a', '1', 'same']]],
    [
      "select substr('hello', -3, 2), instr('hello', 'l', 1, 2), lpad('7', 3, '0'), initcap('a bc') from dual",
      [['ll', '4', '007', 'A Bc']],
    ],
    ['select * from (select a.*, rownum rn from dual a where rownum <= 1) where rn > 0', [['X', '1']]],
    ['select count(*) from user_tables minus select 5 from dual', [['0']]],
    ["select to_char(to_date('2026-01-31', 'YYYY-MM-DD') + 1, 'DD.MM.YYYY') from dual", [['01.02.2026']]],
    ["select case when 1 = 1 then 'y' else 'n' end from dual", [['y']]],
  ])('%s', async (sql, rows) => {
    expect((await opened().ask(sql)).rows).toEqual(rows)
  })

  it('of any kind end in an answer or in an ORA error', async () => {
    const words = fc.constantFrom(
      ...`select from dual where rownum begin end ; declare := => ( ) , . 'x' "n" 1 2.5 :a || = if then else loop for in execute immediate null sysdate
      create or replace java source named as table t user identified by grant dba to drop cascade insert into values update set exception when others
      dbms_scheduler.create_job q'[ ]' -- /* */ @ # case v$version group by order connect level union all count(*) over partition`.split(
        /\s+/,
      ),
    )
    await fc.assert(
      fc.asyncProperty(fc.array(words, { maxLength: 25 }), async (parts) => {
        const { error } = await opened().ask(parts.join(' '))
        if (error) expect(error.message).toMatch(/^ORA-\d{5}: /)
      }),
      { numRuns: 300 },
    )
  })
})
