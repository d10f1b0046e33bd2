import { describe, expect, it } from 'vitest';
import { escapeHtml, html, joined, trusted } from '../../../pipeline/report/html.js';

describe('html', () => {
  it('escapes what is interpolated, in content and in attributes', () => {
    const name = '<script>alert("1")</script> & \'x\'';
    expect(html`<p title="${name}">${name}</p>`.text).toBe(
      '<p title="&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt; &amp; &#39;x&#39;">&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt; &amp; &#39;x&#39;</p>',
    );
  });

  it('takes HTML of its own as it is, at any depth', () => {
    const items = ['a<b', 2].map((item) => html`<li>${item}</li>`);
    expect(html`<ul>${items}${trusted('<!-- ours -->')}</ul>`.text).toBe(
      '<ul><li>a&lt;b</li><li>2</li><!-- ours --></ul>',
    );
  });

  it('leaves out what is absent, but not zero', () => {
    expect(html`${null}${undefined}${false}${0}`.text).toBe('0');
  });

  it('joins what is present', () => {
    expect(joined(['a', false, null, '', '<'], ', ').text).toBe('a, &lt;');
  });

  it('makes forbidden characters harmless and writes out those that reverse text', () => {
    expect(escapeHtml('a\u0000b\u001bc\td')).toBe('a\ufffdb\ufffdc\td');
    expect(escapeHtml('1\u202e23\u2066')).toBe('1[U+202E]23[U+2066]');
  });
});
