import { escapeHtml, fillPage, html, type WebResponse } from '../../http/index.ts'
import { signIn } from './desk.ts'
import { PAGES } from './pages.ts'
import { beginReset, invalidKey, resetPassword, resetting } from './reset-password.ts'
import { NO_CACHE, redirectBy, type SiteContext } from './site-context.ts'

const TEST_COOKIE: [string, string] = ['Set-Cookie', 'wordpress_test_cookie=WP%20Cookie%20check; path=/']
const FRAME: [string, string] = ['X-Frame-Options', 'SAMEORIGIN']
const LOST = (url: string): string => `<a href="${url}/wp-login.php?action=lostpassword">Lost your password?</a>`

/** `/wp-login.php` with all its actions. */
export function loginPage(context: SiteContext): WebResponse {
  const { request, url } = context
  const action = request.query.get('action') ?? (request.query.has('key') ? 'resetpass' : 'login')
  const isPost = request.method === 'POST'
  switch (action) {
    case 'lostpassword':
    case 'retrievepassword':
      return lostPassword(context, isPost)
    case 'rp':
    case 'resetpass':
      return beginReset(context) ?? choosePassword(context, isPost)
    case 'logout':
      return redirectBy(`${url}/wp-login.php?loggedout=true&wp_lang=en_US`, 302, NO_CACHE)
    case 'register':
      return redirectBy(`${url}/wp-login.php?registration=disabled`, 302, NO_CACHE)
    default:
      return isPost ? tryLogin(context) : show(context, { message: messageOf(request.query) })
  }
}

function messageOf(query: URLSearchParams): string {
  if (query.get('loggedout') === 'true') return notice('You are now logged out.')
  if (query.get('registration') === 'disabled') return error('<strong>Error:</strong> User registration is currently not allowed.')
  return query.get('checkemail') === 'confirm' ? notice('Check your email for the confirmation link, then visit the login page.') : ''
}

function tryLogin(context: SiteContext): WebResponse {
  const { request, url, sessions } = context
  const form = request.form()
  const name = (form.get('log') ?? '').trim().slice(0, 256)
  const password = (form.get('pwd') ?? '').slice(0, 1024)
  if (form.has('testcookie') && !request.cookies.has('wordpress_test_cookie')) {
    const help =
      '<a href="https://developer.wordpress.org/advanced-administration/wordpress/cookies/#enable-cookies-in-your-browser">enable cookies</a>'
    noteWithoutCookie(context, name, password)
    return show(context, {
      message: error(`<strong>Error:</strong> Cookies are blocked or not supported by your browser. You must ${help} to use WordPress.`),
    })
  }
  if (name === '' && password === '') return show(context, {})
  if (name === '' || password === '') {
    const flaw = `<strong>Error:</strong> The ${name === '' ? 'username' : 'password'} field is empty.`
    return show(context, { message: error(flaw), user: name })
  }
  const user = signIn(context, 'form', name, password)
  if (user === 'unknown-user') {
    const words = `<strong>Error:</strong> The username <strong>${escapeHtml(name)}</strong> is not registered on this site. If you are unsure of your username, try your email address instead.`
    return show(context, { message: error(words) })
  }
  if (user === 'wrong-password') {
    const by = name.includes('@') ? `email address <strong>${escapeHtml(name)}</strong>` : `username <strong>${escapeHtml(name)}</strong>`
    return show(context, {
      message: error(`<strong>Error:</strong> The password you entered for the ${by} is incorrect. ${LOST(url)}`),
      user: name,
    })
  }
  return redirectBy(ownTarget(form.get('redirect_to'), url), 302, [...NO_CACHE, TEST_COOKIE, FRAME, ...sessions.open(user)])
}

/** A client without cookies is refused before its password is looked at; what it tried is worth keeping all the same. */
function noteWithoutCookie({ visit }: SiteContext, username: string, password: string): void {
  if (username !== '' || password !== '') visit.login({ method: 'form', username, password, accepted: false })
}

/** wp_safe_redirect: only to pages of this site. */
function ownTarget(wanted: string | null, url: string): string {
  if (wanted !== null && /^[\x21-\x7e]{1,1000}$/.test(wanted) && (wanted.startsWith(`${url}/`) || /^\/(?![/\\])/.test(wanted)))
    return wanted
  return `${url}/wp-admin/`
}

function lostPassword(context: SiteContext, isPost: boolean): WebResponse {
  const { request, url, blog, visit } = context
  const name = (request.form().get('user_login') ?? '').trim().slice(0, 256)
  const isInvalid = request.query.get('error') === 'invalidkey'
  const intro = isInvalid
    ? error('<strong>Error:</strong> Your password reset link appears to be invalid. Please request a new link below.')
    : notice(
        'Please enter your username or email address. You will receive an email message with instructions on how to reset your password.',
      )
  const form = (message: string): WebResponse =>
    page(context, 'Lost Password', 'lostpassword', message, fillPage(PAGES.lostPasswordForm, { url, user: name }))
  if (!isPost) return form(intro)
  const user = blog.user(name)
  visit.record('wordpress.probe', { kind: 'user', name, found: user !== undefined }, ['attack:T1589.001'])
  if (user) return redirectBy(`${url}/wp-login.php?checkemail=confirm`, 302, NO_CACHE)
  return form(error('<strong>Error:</strong> There is no account with that username or email address.'))
}

function choosePassword(context: SiteContext, isPost: boolean): WebResponse {
  const { request, url } = context
  const holder = resetting(context)
  if (!holder) return invalidKey(url)
  const password = request.form().get('pass1') ?? ''
  if (isPost && password.trim() !== '') {
    resetPassword(context, holder, password)
    return page(
      context,
      'Password Reset',
      'resetpass',
      notice(`Your password has been reset. <a href="${url}/wp-login.php">Log in</a>`),
      '',
    )
  }
  const form = fillPage(PAGES.resetPasswordForm, { url, user: holder.user.login, key: holder.key })
  return page(context, 'Reset Password', 'resetpass', notice('Enter your new password below or generate one.'), form)
}

function show(context: SiteContext, { message = '', user = '' }: { message?: string; user?: string }): WebResponse {
  const { request, url } = context
  const redirect = request.query.get('redirect_to') ?? request.form().get('redirect_to') ?? `${url}/wp-admin/`
  const described = message.includes('login_error') ? ' aria-describedby="login_error"' : ''
  return page(context, 'Log In', 'login', message, fillPage(PAGES.loginForm, { url, user, described, redirect: redirect.slice(0, 1000) }))
}

function page({ blog, url }: SiteContext, action: string, actionClass: string, message: string, form: string): WebResponse {
  const body = fillPage(PAGES.login, { action, actionClass, title: blog.title, url, version: blog.version, message, form })
  return html(body, 200, [...NO_CACHE, TEST_COOKIE, FRAME])
}

function error(words: string): string {
  return `<div id="login_error" class="notice notice-error"><p>${words}</p></div>`
}

function notice(words: string): string {
  return `<div id="login-message" class="notice notice-info message"><p>${words}</p></div>`
}
