import type { Persona } from '../../../config/persona.ts'

/** Initialization parameters that people ask for. */
export function parametersOf(instance: string, { hostname }: Persona): Readonly<Record<string, string>> {
  return {
    processes: '320',
    sessions: '504',
    instance_name: instance,
    db_name: instance.slice(0, 8),
    service_names: instance.toLowerCase(),
    compatible: '19.0.0',
    control_files: `/u01/app/oracle/oradata/${instance}/control01.ctl, /u01/app/oracle/oradata/${instance}/control02.ctl`,
    db_block_size: '8192',
    audit_trail: 'DB',
    audit_sys_operations: 'TRUE',
    background_dump_dest: '/u01/app/oracle/product/19.0.0/dbhome_1/rdbms/log',
    diagnostic_dest: '/u01/app/oracle',
    local_listener: `(ADDRESS=(PROTOCOL=TCP)(HOST=${hostname})(PORT=1521))`,
    nls_language: 'AMERICAN',
    nls_territory: 'AMERICA',
    open_cursors: '300',
    os_authent_prefix: 'ops$',
    pga_aggregate_target: '818937856',
    remote_login_passwordfile: 'EXCLUSIVE',
    remote_os_authent: 'FALSE',
    sec_case_sensitive_logon: 'TRUE',
    sec_max_failed_login_attempts: '3',
    sga_target: '2457862144',
    undo_tablespace: 'UNDOTBS1',
    utl_file_dir: '',
  }
}

export const SESSION_PARAMETERS: Readonly<Record<string, string>> = {
  NLS_LANGUAGE: 'AMERICAN',
  NLS_TERRITORY: 'AMERICA',
  NLS_CURRENCY: '$',
  NLS_ISO_CURRENCY: 'AMERICA',
  NLS_NUMERIC_CHARACTERS: '.,',
  NLS_CHARACTERSET: 'AL32UTF8',
  NLS_NCHAR_CHARACTERSET: 'AL16UTF16',
  NLS_CALENDAR: 'GREGORIAN',
  NLS_DATE_FORMAT: 'DD-MON-RR',
  NLS_DATE_LANGUAGE: 'AMERICAN',
  NLS_SORT: 'BINARY',
  NLS_TIMESTAMP_FORMAT: 'DD-MON-RR HH.MI.SSXFF AM',
  NLS_TIMESTAMP_TZ_FORMAT: 'DD-MON-RR HH.MI.SSXFF AM TZR',
  NLS_COMP: 'BINARY',
  NLS_LENGTH_SEMANTICS: 'BYTE',
  NLS_NCHAR_CONV_EXCP: 'FALSE',
  NLS_RDBMS_VERSION: '19.0.0.0.0',
}
