(function () { window.CTXS = window.CTXS || {}; document.documentElement.className += ' js'; })();
