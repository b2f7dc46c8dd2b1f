import { applicationServer, type HeaderLine, type WebResponse, type WebServer } from '../../http/index.ts'
import type { Api } from './api.ts'

type Style = Api['style']

const TITLES: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  409: 'Conflict',
  412: 'Precondition Failed',
  413: 'Payload Too Large',
  415: 'Unsupported Media Type',
  422: 'Unprocessable Entity',
  423: 'Locked',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  507: 'Insufficient Storage',
}

/** An error in the words of the program that the API is written in. */
export function problem(style: Style, status: number, detail: string, path: string, headers: readonly HeaderLine[] = []): WebResponse {
  const title = TITLES[status] ?? 'Error'
  return {
    status,
    headers: [...ownLines(style), ['Content-Type', typeOf(style, status)], ...headers],
    body: JSON.stringify(bodyOf(style, status, title, detail, path)),
    dynamic: true,
  }
}

export function answer(style: Style, status: number, value: unknown, headers: readonly HeaderLine[] = []): WebResponse {
  return {
    status,
    headers: [...ownLines(style), ['Content-Type', typeOf(style, 200)], ...headers],
    body: status === 204 ? '' : JSON.stringify(value),
    dynamic: true,
  }
}

/** What is for people. */
export function page(style: Style, status: number, body: string, headers: readonly HeaderLine[] = []): WebResponse {
  return { status, headers: [...ownLines(style), ['Content-Type', 'text/html; charset=utf-8'], ...headers], body, dynamic: true }
}

function bodyOf(style: Style, status: number, title: string, detail: string, path: string): unknown {
  switch (style) {
    case 'spring':
      return { timestamp: new Date().toISOString().replace('Z', '+00:00'), status, error: title, message: detail, path }
    case 'fastapi':
      return { detail }
    case 'problem':
      return { type: 'about:blank', title, status, detail, instance: path }
    case 'express':
      return { error: title, message: detail }
  }
}

/** RFC 9457 §3 for errors of the style `problem`. */
function typeOf(style: Style, status: number): string {
  if (style === 'problem' && status >= 400) return 'application/problem+json'
  return style === 'express' ? 'application/json; charset=utf-8' : 'application/json'
}

function ownLines(style: Style): HeaderLine[] {
  return style === 'express'
    ? [['X-Powered-By', 'Express']]
    : style === 'spring'
      ? [
          ['X-Content-Type-Options', 'nosniff'],
          ['Cache-Control', 'no-cache, no-store, max-age=0, must-revalidate'],
        ]
      : []
}

/** The server that such a program brings along. */
export function serverOfStyle(style: Style): WebServer {
  const limits = { body: 64 * 2 ** 20, headerLine: 16 * 1024 }
  const errorPage = (status: number): WebResponse => problem(style, status, TITLES[status] ?? 'Error', '/')
  switch (style) {
    case 'fastapi':
      return applicationServer({
        name: 'uvicorn',
        server: 'uvicorn',
        order: ['date', 'server', 'content-length', 'content-type', 'etag', '*', 'connection', 'transfer-encoding'],
        page: errorPage,
        limits,
      })
    case 'spring':
      return applicationServer({
        name: 'tomcat',
        bareStatus: true,
        order: ['*', 'ETag', 'Content-Type', 'Content-Length', 'Transfer-Encoding', 'Date', 'Keep-Alive', 'Connection'],
        keepAlive: 'keep-alive',
        page: errorPage,
        limits,
      })
    case 'problem':
      return applicationServer({
        name: 'kestrel',
        server: 'Kestrel',
        order: ['Content-Length', 'Connection', 'Content-Type', 'Date', 'Server', 'ETag', 'Transfer-Encoding', '*'],
        page: errorPage,
        limits,
      })
    case 'express':
      return applicationServer({
        name: 'express',
        order: ['*', 'Content-Type', 'Content-Length', 'ETag', 'Date', 'Connection', 'Keep-Alive', 'Transfer-Encoding'],
        keepAlive: 'keep-alive',
        page: errorPage,
        limits,
      })
  }
}
