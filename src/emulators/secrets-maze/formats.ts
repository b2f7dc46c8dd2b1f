import type { HoneytokenKind } from '../../config/honeytoken-kinds.ts'
import type { Secrets } from './secrets.ts'

/**
 * A kind of document without an end. `head`, any number of records with `between` them, and `tail` make a whole one. What
 * has no tail is whole after every record.
 */
export interface Format {
  head?: (secrets: Secrets) => string
  between?: string
  tail?: string
  record: (secrets: Secrets, n: number) => string
}

/** Secrets of services, in turn. */
const SERVICE_SECRETS: readonly [suffix: string, kind: HoneytokenKind][] = [
  ['API_KEY', 'api-key'],
  ['AWS_ACCESS_KEY_ID', 'aws-key-id'],
  ['AWS_SECRET_ACCESS_KEY', 'aws-secret'],
  ['STRIPE_SECRET_KEY', 'stripe-key'],
  ['SLACK_BOT_TOKEN', 'slack-token'],
  ['JWT_SECRET', 'jwt-secret'],
  ['GITHUB_TOKEN', 'github-token'],
  ['SENDGRID_API_KEY', 'sendgrid-key'],
  ['GOOGLE_API_KEY', 'google-api-key'],
  ['OPENAI_API_KEY', 'openai-key'],
]

interface ServiceFacts {
  name: string
  host: string
  port: number
  user: string
  password: string
  /** Name and value of one more secret. */
  extra: [name: string, value: string]
}

function serviceFacts(secrets: Secrets, n: number): ServiceFacts {
  const name = secrets.service(n)
  const user = `svc_${name.replaceAll('-', '_')}`
  const [suffix, kind] = SERVICE_SECRETS[n % SERVICE_SECRETS.length] as (typeof SERVICE_SECRETS)[number]
  return {
    name,
    host: `${name}-db.${secrets.domain}`,
    port: n % 3 === 0 ? 3306 : 5432,
    user,
    password: secrets.of('password', user),
    extra: [suffix, secrets.of(kind, name)],
  }
}

const upper = (name: string): string => name.toUpperCase().replaceAll('-', '_')

const env: Format = {
  head: () => 'APP_ENV=production\nAPP_DEBUG=false\n',
  record: (secrets, n) => {
    const { name, host, port, user, password, extra } = serviceFacts(secrets, n)
    const prefix = upper(name)
    return `\n${prefix}_DB_HOST=${host}\n${prefix}_DB_PORT=${port}\n${prefix}_DB_USERNAME=${user}\n${prefix}_DB_PASSWORD=${password}\n${prefix}_${extra[0]}=${extra[1]}\n`
  },
}

const yaml: Format = {
  head: () => 'services:\n',
  record: (secrets, n) => {
    const { name, host, port, user, password, extra } = serviceFacts(secrets, n)
    return `  ${name}:\n    datasource:\n      url: jdbc:postgresql://${host}:${port}/${name}\n      username: ${user}\n      password: "${password}"\n    ${extra[0].toLowerCase()}: "${extra[1]}"\n`
  },
}

const compose: Format = {
  head: () => "version: '3.8'\nservices:\n",
  record: (secrets, n) => {
    const { name, host, port, user, password, extra } = serviceFacts(secrets, n)
    return `  ${name}:\n    image: registry.${secrets.domain}/${name}:latest\n    restart: unless-stopped\n    environment:\n      DB_HOST: ${host}\n      DB_PORT: "${port}"\n      DB_USERNAME: ${user}\n      DB_PASSWORD: "${password}"\n      ${extra[0]}: "${extra[1]}"\n`
  },
}

const kubernetes: Format = {
  record: (secrets, n) => {
    const { name, user, password, extra } = serviceFacts(secrets, n)
    const data = (value: string): string => Buffer.from(value).toString('base64')
    return `---\napiVersion: v1\nkind: Secret\nmetadata:\n  name: ${name}-credentials\n  namespace: production\ntype: Opaque\ndata:\n  DB_USERNAME: ${data(user)}\n  DB_PASSWORD: ${data(password)}\nstringData:\n  ${extra[0]}: "${extra[1]}"\n`
  },
}

const json: Format = {
  head: () => '[\n',
  between: ',\n',
  tail: '\n]\n',
  record: (secrets, n) => {
    const { name, host, port, user, password, extra } = serviceFacts(secrets, n)
    return `  ${JSON.stringify({ service: name, database: { host, port, user, password }, [extra[0].toLowerCase()]: extra[1] })}`
  },
}

const tfstate: Format = {
  head: (secrets) =>
    `{\n  "version": 4,\n  "terraform_version": "1.5.7",\n  "serial": ${secrets.number(40, 900)},\n  "lineage": "${secrets.of('uuid', 'lineage')}",\n  "outputs": {},\n  "resources": [\n`,
  between: ',\n',
  tail: '\n  ]\n}\n',
  record: (secrets, n) => {
    const { name, host, port, user, password, extra } = serviceFacts(secrets, n)
    const attributes = {
      address: host,
      port,
      username: user,
      password,
      engine: 'postgres',
      identifier: `${name}-prod`,
      tags: { [extra[0]]: extra[1] },
    }
    return `    ${JSON.stringify({ mode: 'managed', type: 'aws_db_instance', name: name.replaceAll('-', '_'), provider: 'provider["registry.terraform.io/hashicorp/aws"]', instances: [{ schema_version: 1, attributes }] })}`
  },
}

const tfvars: Format = {
  record: (secrets, n) => {
    const { name, user, password, extra } = serviceFacts(secrets, n)
    const prefix = name.replaceAll('-', '_')
    return `${prefix}_db_username = "${user}"\n${prefix}_db_password = "${password}"\n${prefix}_${extra[0].toLowerCase()} = "${extra[1]}"\n`
  },
}

const ini: Format = {
  record: (secrets, n) => {
    const { name, host, port, user, password, extra } = serviceFacts(secrets, n)
    return `[${name}]\nhost = ${host}\nport = ${port}\nuser = ${user}\npassword = ${password}\n${extra[0].toLowerCase()} = ${extra[1]}\n\n`
  },
}

/** Java's: no sections, the name of what it is for in front of each key. */
const properties: Format = {
  head: () => 'spring.profiles.active=production\n',
  record: (secrets, n) => {
    const { name, host, port, user, password, extra } = serviceFacts(secrets, n)
    return `\n${name}.datasource.url=jdbc:postgresql://${host}:${port}/${name}\n${name}.datasource.username=${user}\n${name}.datasource.password=${password}\n${name}.${extra[0].toLowerCase().replaceAll('_', '-')}=${extra[1]}\n`
  },
}

const toml: Format = {
  record: (secrets, n) => {
    const { name, host, port, user, password, extra } = serviceFacts(secrets, n)
    return `[[service]]\nname = "${name}"\nhost = "${host}"\nport = ${port}\nuser = "${user}"\npassword = "${password}"\n${extra[0].toLowerCase()} = "${extra[1]}"\n\n`
  },
}

const xml: Format = {
  head: () => '<?xml version="1.0" encoding="UTF-8"?>\n<configuration>\n',
  tail: '</configuration>\n',
  record: (secrets, n) => {
    const { name, host, port, user, password, extra } = serviceFacts(secrets, n)
    return `  <service name="${name}">\n    <connection host="${host}" port="${port}" user="${user}" password="${password}"/>\n    <property name="${extra[0]}">${extra[1]}</property>\n  </service>\n`
  },
}

const sql: Format = {
  head: () =>
    '-- MySQL dump 10.13  Distrib 8.0.36, for Linux (x86_64)\n--\n-- Host: localhost    Database: app\n-- ------------------------------------------------------\n\nDROP TABLE IF EXISTS `users`;\nCREATE TABLE `users` (\n  `id` int NOT NULL,\n  `email` varchar(190) NOT NULL,\n  `name` varchar(190) NOT NULL,\n  `password` varchar(190) NOT NULL,\n  `api_token` varchar(64) DEFAULT NULL,\n  PRIMARY KEY (`id`)\n);\n\n',
  record: (secrets, n) => {
    const { name, email } = secrets.person(n)
    return `INSERT INTO \`users\` VALUES (${n + 1},'${email}','${name}','${secrets.of('password', email.split('@')[0] ?? '')}','${secrets.of('api-key', email.split('@')[0] ?? '')}');\n`
  },
}

const csv: Format = {
  head: () => 'id,name,email,password,api_key\n',
  record: (secrets, n) => {
    const { name, email } = secrets.person(n)
    return `${n + 1},${name},${email},${secrets.of('password', email.split('@')[0] ?? '')},${secrets.of('api-key', email.split('@')[0] ?? '')}\n`
  },
}

const gitConfig: Format = {
  head: () => '[core]\n\trepositoryformatversion = 0\n\tfilemode = true\n\tbare = false\n\tlogallrefupdates = true\n',
  record: (secrets, n) => {
    const name = secrets.service(n)
    const remote = n === 0 ? 'origin' : name
    return `[remote "${remote}"]\n\turl = https://deploy:${secrets.of('github-token', `deploy-${name}`)}@github.com/${secrets.domain.split('.')[0]}/${name}.git\n\tfetch = +refs/heads/*:refs/remotes/${remote}/*\n`
  },
}

const gitCredentials: Format = {
  record: (secrets, n) => `https://${secrets.person(n).email.split('@')[0]}:${secrets.of('github-token', `git-${n}`)}@github.com\n`,
}

/** Keys, each whole: what reads one takes the first. */
const pem: Format = { record: (secrets, n) => `${secrets.of('ssh-key', `key-${n % 4}`)}\n` }

const credentials: Format = {
  record: (secrets, n) =>
    `[${n === 0 ? 'default' : secrets.service(n)}]\naws_access_key_id = ${secrets.of('aws-key-id', `profile-${n}`)}\naws_secret_access_key = ${secrets.of('aws-secret', `profile-${n}`)}\nregion = eu-central-1\n\n`,
}

const php: Format = {
  head: () => '<?php\n',
  record: (secrets, n) => {
    const { name, host, user, password, extra } = serviceFacts(secrets, n)
    const prefix = n === 0 ? '' : `${upper(name)}_`
    return `define( '${prefix}DB_NAME', '${name}' );\ndefine( '${prefix}DB_USER', '${user}' );\ndefine( '${prefix}DB_PASSWORD', '${password}' );\ndefine( '${prefix}DB_HOST', '${host}' );\ndefine( '${prefix}${extra[0]}', '${extra[1]}' );\n\n`
  },
}

const htpasswd: Format = {
  record: (secrets, n) =>
    `${secrets.person(n).email.split('@')[0]}:{PLAIN}${secrets.of('password', secrets.person(n).email.split('@')[0] ?? '')}\n`,
}

const npmrc: Format = {
  record: (secrets, n) => `//npm.${secrets.service(n)}.${secrets.domain}/:_authToken=${secrets.of('npm-token', `npm-${n}`)}\n`,
}

const log: Format = {
  record: (secrets, n) => {
    const { name, user, password, host } = serviceFacts(secrets, n)
    return `${new Date(Date.UTC(2025, 2, 1) + n * 61_000).toISOString()} INFO  [${name}] connecting to postgres://${user}:${password}@${host}/${name}\n`
  },
}

/** By what a path ends with; the first that fits. */
const BY_PATH: readonly [ends: RegExp, format: Format][] = [
  [/\/\.git\/config$/, gitConfig],
  [/\/\.git-credentials$/, gitCredentials],
  [/\/\.aws\/credentials$/, credentials],
  [/\/\.?npmrc$/, npmrc],
  [/\/\.?htpasswd$/, htpasswd],
  [/\/\.env(?:[._-][\w.-]{1,40})?$|\.env$/, env],
  [/\.php(?:\.bak|\.old|\.save|\.swp|~|\.txt)$/, php],
  [/\.tfstate(?:\.backup)?$/, tfstate],
  [/\.(?:tfvars|tf|hcl)$/, tfvars],
  [/\/(?:docker-)?compose[\w.-]{0,40}\.ya?ml$/, compose],
  [/(?:secret|credential)[\w.-]{0,40}\.ya?ml$/, kubernetes],
  [/\.ya?ml(?:\.bak|\.old)?$/, yaml],
  [/\.(?:sql|dump)(?:\.bak)?$/, sql],
  [/\.csv$/, csv],
  [/\.(?:xml|config)$/, xml],
  [/\.toml$/, toml],
  [/\.properties(?:\.bak|\.old)?$/, properties],
  [/\.(?:ini|cnf|cfg|conf)(?:\.bak|\.old)?$/, ini],
  [/\.(?:pem|key|ppk)$|\/id_(?:rsa|ed25519|ecdsa|dsa)$/, pem],
  [/\.log$/, log],
  [/\.json5?(?:\.bak|\.old)?$|\/(?:actuator\/(?:env|configprops)|api\/v\d{1,2}\/(?:config|users|keys|secrets))$/, json],
]

/** What a path promises, judged by its end; undefined = nothing with secrets in it. */
export function formatOf(path: string): { name: string; format: Format } | undefined {
  const lower = path.toLowerCase()
  const found = BY_PATH.find(([ends]) => ends.test(lower))?.[1]
  return found && { name: NAMES.get(found) as string, format: found }
}

/** Every format by its name, for the events and the tests. */
export const FORMATS = {
  env,
  yaml,
  compose,
  kubernetes,
  json,
  tfstate,
  tfvars,
  ini,
  properties,
  toml,
  xml,
  sql,
  csv,
  'git-config': gitConfig,
  'git-credentials': gitCredentials,
  pem,
  credentials,
  php,
  htpasswd,
  npmrc,
  log,
} as const satisfies Record<string, Format>
const NAMES = new Map<Format, string>(Object.entries(FORMATS).map(([name, format]) => [format, name]))
