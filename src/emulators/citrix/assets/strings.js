(function ($) { window.CTXS = window.CTXS || {}; CTXS.strings = { UserName: 'User name', Password: 'Password', LogOn: 'Log On' }; })();
