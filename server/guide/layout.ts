/** What stands around every page, and how it looks. */
import { both, type Html, html } from './html.ts'

export const STYLESHEET = 'style.css'

const ENTRIES: readonly (readonly [file: string, zh: string, en: string])[] = [
  ['index.html', '首页', 'Home'],
  ['profiles.html', '规范', 'Profiles'],
  ['extensions.html', '扩展', 'Extensions'],
  ['valuesets.html', '值集', 'Value sets'],
  ['codesystems.html', '代码系统', 'Code systems'],
  ['conceptmaps.html', '代码对照', 'Maps'],
  ['searchparameters.html', '检索参数', 'Search'],
  ['mappings.html', '来源字段', 'Sources'],
  ['identifiers.html', '标识与 OID', 'Identifiers'],
  ['examples.html', '示例', 'Examples'],
]

export interface Page {
  zh: string
  en: string
  body: Html
}

export function laidOut({ zh, en, body }: Page): string {
  const entries = ENTRIES.map(([file, chinese, name]) => html`<li><a href="${file}">${both(chinese, name)}</a></li>`)
  const { text } = html`<!DOCTYPE html>
<html xmlns="http://www.w3.org/1999/xhtml" lang="zh-CN">
<head>
<meta charset="utf-8"/>
<meta name="viewport" content="width=device-width, initial-scale=1"/>
<title>${zh} · ${en} · 医联 Yilian</title>
<link rel="stylesheet" href="${STYLESHEET}"/>
</head>
<body>
<header><p class="site"><a href="index.html">${both('医联 FHIR R4 实施指南', 'Yilian implementation guide')}</a></p>
<nav><ul>${entries}</ul></nav></header>
<main>
<h1>${zh} <span class="en" lang="en">${en}</span></h1>
${body}</main>
<footer><p>${both('由所提交的定义自动生成；不含任何患者数据。', 'Made from the committed definitions; holds no data of patients.')}</p></footer>
</body>
</html>
`
  return text
}

/** Nothing is loaded from elsewhere, fonts neither: those of the reader's system show Chinese. */
export const STYLE = `:root { color-scheme: light dark; --line: #8886; --soft: #8882; --link: #0b5fae; --quiet: #666 }
@media (prefers-color-scheme: dark) { :root { --link: #7db8f5; --quiet: #aaa } }
* { box-sizing: border-box }
body { margin: 0; font: 16px/1.6 system-ui, "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", "WenQuanYi Zen Hei", sans-serif }
header, main, footer { max-width: 76rem; margin: 0 auto; padding: 0 1rem }
header { border-bottom: 2px solid var(--link) }
.site { margin: 0.8rem 0 0.3rem; font-weight: bold }
nav ul { display: flex; flex-wrap: wrap; gap: 0.1rem 1rem; list-style: none; margin: 0 0 0.5rem; padding: 0 }
nav a { display: inline-block; padding: 0.25rem 0 }
footer { margin-top: 2rem; border-top: 1px solid var(--line); color: var(--quiet); font-size: 0.85rem }
a { color: var(--link); text-decoration: none }
a:hover, a:focus { text-decoration: underline }
h1 { font-size: 1.5rem; line-height: 1.3 }
h2 { font-size: 1.2rem; margin: 1.8rem 0 0.5rem }
.en { color: var(--quiet); font-size: 0.85em; font-weight: normal }
.scroll { overflow-x: auto; border: 1px solid var(--line); border-radius: 4px }
table { border-collapse: collapse; width: 100%; font-size: 0.875rem }
th, td { text-align: left; vertical-align: top; padding: 0.3rem 0.6rem; border-bottom: 1px solid var(--line); min-width: 4.5rem }
td:first-child { min-width: 9rem }
thead th { background: var(--soft); white-space: nowrap }
tbody tr:last-child td { border-bottom: 0 }
code, pre { font-family: ui-monospace, Menlo, Consolas, "WenQuanYi Zen Hei Mono", monospace; font-size: 0.85em }
code { overflow-wrap: anywhere }
td code { overflow-wrap: normal }
pre { overflow-x: auto; padding: 0.7rem; background: var(--soft); border-radius: 4px; line-height: 1.45 }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 0.15rem 1rem; margin: 0.5rem 0 }
dt { color: var(--quiet) }
dd { margin: 0; min-width: 0; overflow-wrap: anywhere }
summary { cursor: pointer; padding: 0.2rem 0 }
.error { color: #b3261e } .warning { color: #8a5a00 }
@media (prefers-color-scheme: dark) { .error { color: #ff8a80 } .warning { color: #ffcc80 } }
.d1 { padding-left: 0.9rem } .d2 { padding-left: 1.8rem } .d3 { padding-left: 2.7rem } .d4 { padding-left: 3.6rem }
.d5 { padding-left: 4.5rem } .d6 { padding-left: 5.4rem } .d7 { padding-left: 6.3rem }
.el { display: inline-block; white-space: nowrap }
@media (max-width: 40rem) {
  header, main, footer { padding: 0 0.7rem }
  nav ul { gap: 0 0.8rem; font-size: 0.9rem }
  nav .en { display: none }
  dl { display: block }
  dt { margin-top: 0.4rem }
}
`
