// A page that kirchhoff watch serves: when there is another one, it is loaded. Once nobody answers any
// more, the page stays as it is.
'use strict';
setInterval(async () => {
  try {
    const answer = await fetch(location.pathname, {method: 'HEAD', cache: 'no-store'});
    if (answer.ok && answer.headers.get('ETag') !== document.documentElement.dataset.tag) location.reload();
  } catch { /* the program has ended */ }
}, 2000);
