#!/usr/bin/env node
// Kept in old JavaScript: this file must still run, and explain itself, on a Node that is too old for the rest.
const major = Number(process.versions.node.split('.')[0])
if (major < 26) {
  console.error(
    `sundew needs Node 26 and was started with ${process.version}; "npm ci" brings the right one: use "npm start" or "npm run sundew -- VERB".`,
  )
  process.exit(2)
} else {
  import('../src/main.ts')
}
