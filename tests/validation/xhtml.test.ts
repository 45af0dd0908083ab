/** txt-1 and txt-2 (R4 narrative.html): the lists are those of the XPath of txt-1 in StructureDefinition/Narrative, and of fhir-xhtml.xsd. */
import { describe, expect, test } from '@jest/globals'
import { isNarrative } from '../../server/validation/xhtml.ts'

const div = (content: string, attributes = ' xmlns="http://www.w3.org/1999/xhtml"') => `<div${attributes}>${content}</div>`

/** The XPath of txt-1, as R4 publishes it. */
const ELEMENTS =
  "'a', 'abbr', 'acronym', 'b', 'big', 'blockquote', 'br', 'caption', 'cite', 'code', 'col', 'colgroup', 'dd', 'dfn', 'div', 'dl', 'dt', 'em', 'h1', 'h2', 'h3', 'h4', 'h5', 'h6', 'hr', 'i', 'img', 'li', 'ol', 'p', 'pre', 'q', 'samp', 'small', 'span', 'strong', 'sub', 'sup', 'table', 'tbody', 'td', 'tfoot', 'th', 'thead', 'tr', 'tt', 'ul', 'var'"
const ATTRIBUTES =
  "'abbr', 'accesskey', 'align', 'alt', 'axis', 'bgcolor', 'border', 'cellhalign', 'cellpadding', 'cellspacing', 'cellvalign', 'char', 'charoff', 'charset', 'cite', 'class', 'colspan', 'compact', 'coords', 'dir', 'frame', 'headers', 'height', 'href', 'hreflang', 'hspace', 'id', 'lang', 'longdesc', 'name', 'nowrap', 'rel', 'rev', 'rowspan', 'rules', 'scope', 'shape', 'span', 'src', 'start', 'style', 'summary', 'tabindex', 'title', 'type', 'valign', 'value', 'vspace', 'width'"
const namesOf = (list: string): string[] => list.match(/\w+/g) ?? []

test('every element and every attribute of txt-1', () => {
  const elements = namesOf(ELEMENTS).filter((name) => !isNarrative(div(`x<${name}/>`)))
  const attributes = namesOf(ATTRIBUTES).filter((name) => !isNarrative(div(`<p ${name}="1">x</p>`)))
  expect([namesOf(ELEMENTS).length, namesOf(ATTRIBUTES).length, elements, attributes]).toEqual([48, 49, [], []])
})

describe('taken', () => {
  test.each([
    div('<a href="http://x.example/" rel="nofollow" hreflang="zh">x</a>'),
    div('<ol start="3" type="a" compact="compact"><li value="7">x</li></ol>'),
    div('<table bgcolor="red"><tr><td width="1">x</td></tr></table>'),
    div('<address>x</address><bdo dir="rtl">x</bdo><kbd>x</kbd>'),
    div('x', ' xmlns="http://www.w3.org/1999/xhtml" xml:lang="zh" lang="zh"'),
    div('<p xmlns="http://www.w3.org/1999/xhtml">x</p>', ''),
    div('x<!-- <script> is said here -->'),
    div('<img src="#a" alt="x"/>'),
    div('&#160;'),
    div('&lt;script&gt; &amp; ]]&gt;'),
    ` ${div('x')}\n`,
  ])('%s', (text) => {
    expect(isNarrative(text)).toBe(true)
  })
})

describe('refused', () => {
  test.each([
    ...[
      'script',
      'object',
      'iframe',
      'form',
      'input',
      'svg',
      'math',
      'link',
      'base',
      'head',
      'body',
      'del',
      'map',
      'font',
      'video',
      'P',
      'h:p',
    ].map((name) => div(`x<${name}/>`)),
    ...[
      'onclick',
      'onload',
      'target',
      'usemap',
      'formaction',
      'srcset',
      'HREF',
      'background',
      'data-x',
      'xlink:href',
      'xmlns:h',
      'xml:base',
    ].map((name) => div(`<a ${name}="http://www.w3.org/1999/xhtml">x</a>`)),
    div('x', ' xmlns="http://www.w3.org/2000/svg"'),
    div('<p xmlns="urn:x">x</p>'),
    div('x', ' lang="zh" lang="en"'),
    div('x', ' xmlns="http://www.w3.org/1999/xhtml" xml:lang="zh" xml:lang="en"'),
    div('<p class=x>x</p>'),
    div('<p class>x</p>'),
    div('<p class="<">x</p>'),
    div('<p>x'),
    div('x<br>'),
    div('&nbsp;'),
    div('&#0;x'),
    div('x\u0001'),
    div('x\ud800'),
    div('x\ud800y'),
    div('x]]>'),
    div('x<!-- a -- b -->'),
    // A section of CDATA is text by then, or it is none.
    div('<![CDATA[x]]>'),
    div('<![CDATA[x'),
    div('x<?php y?>'),
    `<?xml version="1.0"?>${div('x')}`,
    `<!DOCTYPE div>${div('x')}`,
    `<!-- x -->${div('x')}`,
    `${div('x')}<!-- x -->`,
    `${div('x')}${div('x')}`,
    `${div('x')}x`,
    `\ufeff${div('x')}`,
    '<p>x</p>',
    'x',
    '',
    div(' \t\r\n'),
    div('<p></p>'),
    div('<img alt="x"/>'),
    div('<!-- x -->'),
  ])('%s', (text) => {
    expect(isNarrative(text)).toBe(false)
  })
})
