import { describe, expect, it } from 'vitest'
import { findForms, pageWords } from '../../support/robot-browser.ts'

const page = new URL('http://127.0.0.1:1/interaction/abc?x=1')

describe('finding forms', () => {
  it('finds fields by label, hidden values, boxes and buttons with their words', () => {
    const [form] = findForms(
      `<form action="/submit" method="POST">
        <label for="account">Acc<b>ount</b></label><input id=account name='account' value="a&quot;b &amp; c">
        <input type="hidden" name="xsrf" value="123"/>
        <input type="checkbox" name="scope" value="email" checked><input type="checkbox" name="scope" value="files">
        <input name="fixed" value="1" disabled><input value="nameless">
        <button type="submit" name="decision" value="allow"> Allow <span>access</span> </button><button type="button">Help</button>
      </form>`,
      page,
    )
    expect(form?.action.href).toBe('http://127.0.0.1:1/submit')
    expect(form?.method).toBe('POST')
    expect(form?.fields).toEqual([
      { name: 'account', type: 'text', value: 'a"b & c', checked: false, label: 'Acc ount' },
      { name: 'xsrf', type: 'hidden', value: '123', checked: false, label: '' },
      { name: 'scope', type: 'checkbox', value: 'email', checked: true, label: '' },
      { name: 'scope', type: 'checkbox', value: 'files', checked: false, label: '' },
    ])
    expect(form?.buttons).toEqual([{ name: 'decision', value: 'allow', words: 'Allow access' }])
  })

  it('a form without an action goes to its page, by GET', () => {
    const [form] = findForms('<form><button>Go</button></form>', page)
    expect([form?.action.href, form?.method]).toEqual([page.href, 'GET'])
  })

  it('keeps several forms apart and does not look into scripts', () => {
    const html = '<script>"<form><button>No</button></form>"</script><form id=a></form><form id=b></form>'
    expect(findForms(html, page)).toHaveLength(2)
  })
})

it('gives the words of the main part of a page', () => {
  expect(
    pageWords('<style>p{}</style><header>x</header><main><h1>One</h1>\n<p>two &#39;three&#39;</p></main>'),
  ).toBe("One two 'three'")
})
