/** CDATA of narratives becomes the text that it stands for (XML 1.0 section 2.7); nothing else of a resource changes. */
import { describe, expect, test } from '@jest/globals'
import { withoutCdata } from '../../server/fhir/cdata.ts'
import { parseResource } from '../../server/fhir/resource-text.ts'

const json = (div: string) => `{"resourceType":"Patient","text":{"status":"additional","div":${JSON.stringify(div)}},"active":true}`

describe('the text of a section', () => {
  test.each([
    ['<div><![CDATA[a < b & c > d]]></div>', '<div>a &lt; b &amp; c &gt; d</div>'],
    ['<div>1<![CDATA[]]>2<![CDATA["3\']]></div>', '<div>12"3\'</div>'],
    ['<div><![CDATA[a]]]]><![CDATA[>]]></div>', '<div>a]]&gt;</div>'],
    ['<div><![CDATA[&amp;]]></div>', '<div>&amp;amp;</div>'],
    ['<div><![CDATA[<![CDATA[]]></div>', '<div>&lt;![CDATA[</div>'],
    ['<div><![CDATA[<!-- ]]>--&gt;</div>', '<div>&lt;!-- --&gt;</div>'],
    ['<div><!-- <![CDATA[ -->x<![CDATA[<]]></div>', '<div><!-- <![CDATA[ -->x&lt;</div>'],
    ['<div title="a > b" class=\'"\'><![CDATA[<]]></div>', '<div title="a > b" class=\'"\'>&lt;</div>'],
    ['<div><!-- <![CDATA[<]]> --></div>', '<div><!-- <![CDATA[<]]> --></div>'],
    // As HTML the section ends at the first `>`, and what follows is an element.
    ['<div><![CDATA[> <img src=x onerror=alert(1)>]]></div>', '<div>&gt; &lt;img src=x onerror=alert(1)&gt;</div>'],
    ['<div><![CDATA[\n病\t历\u0001"\\]]></div>', '<div>\n病\t历\u0001"\\</div>'],
  ])('%j', (div, expected) => {
    expect(withoutCdata(json(div))).toBe(json(expected))
  })
})

test.each([
  '<div><![CDATA[x</div>',
  '<div><!-- <![CDATA[x]]></div>',
  '<div><!x <![CDATA[x]]></div>',
  '<div>CDATA[</div>',
  '<div title="<![CDATA[x]]>">x</div>',
  '<div <![CDATA[x]]>>x</div>',
  '<div title="><![CDATA[x]]></div>',
])('%s is none: it stays for who judges it', (div) => {
  expect(withoutCdata(json(div))).toBe(json(div))
})

test('in each narrative, in escapes too, and nowhere else', () => {
  const text = String.raw`{"resourceType":"Bundle","x":"\"div\":\"<![CDATA[a]]>\"","entry":[{"resource":{"text":{"div":"<div>\u003c![CDATA[<]]\u003e</div>"},"n":1.00}},{"resource":{"text":{"div":"<![CDATA[b]]>"}}}],"note":"<![CDATA[c]]>"}`
  const expected = String.raw`{"resourceType":"Bundle","x":"\"div\":\"<![CDATA[a]]>\"","entry":[{"resource":{"text":{"div":"<div>&lt;</div>"},"n":1.00}},{"resource":{"text":{"div":"b"}}}],"note":"<![CDATA[c]]>"}`
  const parsed = parseResource(text.replace('"text":', '"text" : '))
  expect([parsed.text, parsed.resource]).toEqual([expected, JSON.parse(expected)])
  expect(parseResource(expected).text).toBe(expected)
})

test('many sections and comments take no long time', () => {
  const began = performance.now()
  for (const part of ['<p a="', "<p a='>'", '<p ', '<', '<!--', '<![CDATA[', '<!', '<!-->', '<![CDATA[]]>', '"div":"', '\\'])
    withoutCdata(json(`CDATA[${part.repeat(100_000)}`))
  expect(performance.now() - began).toBeLessThan(2000)
})
