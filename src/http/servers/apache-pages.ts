/**
 * Texts of Apache's built-in error documents by status (modules/http/http_protocol.c, recorded from 2.4 of Debian 12).
 * `{method}`, `{location}` and `{expect}` stand for what the request brought, escaped; `{admin}` for ServerAdmin.
 */
const INTERNAL =
  '<p>The server encountered an internal error or\nmisconfiguration and was unable to complete\nyour request.</p>\n' +
  '<p>Please contact the server administrator at \n {admin} to inform them of the time this error occurred,\n' +
  ' and the actions you performed just before this error.</p>\n' +
  '<p>More information about this error may be available\nin the server error log.</p>\n'
const MOVED = '<p>The document has moved <a href="{location}">here</a>.</p>\n'
const BAD_REQUEST = '<p>Your browser sent a request that this server could not understand.<br />\n'

export const APACHE_PAGES: Readonly<Record<string, string>> = {
  301: MOVED,
  302: MOVED,
  303: '<p>The answer to your request is located <a href="{location}">here</a>.</p>\n',
  307: MOVED,
  308: MOVED,
  400: `${BAD_REQUEST}</p>\n`,
  'header-size': `${BAD_REQUEST}Size of a request header field exceeds server limit.</p>\n`,
  'header-count': `${BAD_REQUEST}The number of request header fields exceeds this server's limit.</p>\n`,
  'plain-on-tls':
    `${BAD_REQUEST}Reason: You're speaking plain HTTP to an SSL-enabled server port.<br />\n` +
    ' Instead use the HTTPS scheme to access this URL, please.<br />\n</p>\n',
  401:
    '<p>This server could not verify that you\nare authorized to access the document\nrequested.  Either you supplied the wrong\n' +
    "credentials (e.g., bad password), or your\nbrowser doesn't understand how to supply\nthe credentials required.</p>\n",
  403: "<p>You don't have permission to access this resource.</p>\n",
  404: '<p>The requested URL was not found on this server.</p>\n',
  405: '<p>The requested method {method} is not allowed for this URL.</p>\n',
  406: '<p>An appropriate representation of the requested resource could not be found on this server.</p>\n',
  408: '<p>Server timeout waiting for the HTTP request from the client.</p>\n',
  410:
    '<p>The requested resource is no longer available on this server and there is no forwarding address.\n' +
    'Please remove all references to this resource.</p>\n',
  411: '<p>A request of the requested method {method} requires a valid Content-length.<br />\n</p>\n',
  412: '<p>The precondition on the request for this URL evaluated to false.</p>\n',
  413:
    'The requested resource does not allow request data with {method} requests, or the amount of data provided in\n' +
    'the request exceeds the capacity limit.\n',
  414: "<p>The requested URL's length exceeds the capacity\nlimit for this server.<br />\n</p>\n",
  415: '<p>The supplied request data is not in a format\nacceptable for processing by this resource.</p>\n',
  416:
    '<p>None of the range-specifier values in the Range\nrequest-header field overlap the current extent\n' +
    'of the selected resource.</p>\n',
  417:
    '<p>The expectation given in the Expect request-header\nfield could not be met by this server.\nThe client sent<pre>\n' +
    '    Expect: {expect}\n</pre>\n</p><p>Only the 100-continue expectation is supported.</p>\n',
  422: '<p>The server understands the media type of the\nrequest entity, but was unable to process the\ncontained instructions.</p>\n',
  423:
    '<p>The requested resource is currently locked.\nThe lock must be released or proper identification\n' +
    'given before the method can be applied.</p>\n',
  429: '<p>The user has sent too many requests\nin a given amount of time.</p>\n',
  431: '<p>The server refused this request because\nthe request header fields are too large.</p>\n',
  451: '<p>Access to this URL has been denied for legal reasons.<br />\n</p>\n',
  500: INTERNAL,
  501: '<p>{method} not supported for current URL.<br />\n</p>\n',
  502: '<p>The proxy server received an invalid\r\nresponse from an upstream server.<br />\r\n</p>\n',
  503:
    '<p>The server is temporarily unable to service your\nrequest due to maintenance downtime or capacity\n' +
    'problems. Please try again later.</p>\n',
  504: '<p>The gateway did not receive a timely response\nfrom the upstream server or application.</p>\n',
  507:
    '<p>The method could not be performed on the resource\nbecause the server is unable to store the\n' +
    'representation needed to successfully complete the\nrequest.  There is insufficient free space left in\n' +
    'your storage allocation.</p>\n',
}

/** The text for a status that has none of its own. */
export const APACHE_OTHER = INTERNAL

/** Titles where Apache keeps older reason phrases. */
export const APACHE_REASONS: Readonly<Record<number, string>> = {
  413: 'Request Entity Too Large',
  414: 'Request-URI Too Long',
  416: 'Requested Range Not Satisfiable',
}
