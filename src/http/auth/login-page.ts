import { escapeHtml } from '../html.ts'
import { html, type WebResponse } from '../response.ts'

/** Names that fields of login forms have, whoever made them. */
const USER_FIELD = /^(?:.{0,40}(?:user|login|mail|name|account|uid)|log|u|usr)/i
const PASSWORD_FIELD = /(?:pass|pwd|psw|passwd|secret)|^p$/i

/** What was typed into a form: its user and its password, by the names that such fields have. */
export function credentialsIn(form: URLSearchParams): { username: string; password: string } | undefined {
  const fields = [...form]
  const password = fields.find(([name]) => PASSWORD_FIELD.test(name))
  if (!password) return undefined
  const user = fields.find(([name]) => name !== password[0] && USER_FIELD.test(name))
  return { username: user?.[1] ?? '', password: password[1] }
}

/** A page that asks for user and password, and says so when they were wrong. */
export function loginPage(realm: string, path: string, isWrong: boolean): WebResponse {
  const title = escapeHtml(realm)
  const message = isWrong ? '<p class="error" role="alert">Invalid username or password.</p>\n' : ''
  return html(
    `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} - Sign in</title>
<style>
body{margin:0;min-height:100vh;display:flex;align-items:center;justify-content:center;background:#eef1f4;font:15px/1.5 sans-serif;color:#223}
form{width:20rem;padding:2rem;background:#fff;border:1px solid #d5dae0;border-radius:4px}
h1{margin:0 0 1rem;font-size:1.3rem}
label{display:block;margin:.8rem 0}
input{box-sizing:border-box;width:100%;padding:.5rem;border:1px solid #b8c0c9;border-radius:3px;font:inherit}
button{width:100%;padding:.6rem;border:0;border-radius:3px;background:#2a5d8f;color:#fff;font:inherit}
.error{color:#a3242f}
</style>
</head>
<body>
<form method="post" action="${escapeHtml(path)}">
<h1>${title}</h1>
${message}<label>Username <input name="username" autocomplete="username" autofocus></label>
<label>Password <input name="password" type="password" autocomplete="current-password"></label>
<button type="submit">Sign in</button>
</form>
</body>
</html>
`,
  )
}
