// Globals that browsers and Node both have and the language's own library does not declare. Kept small on
// purpose: a wider list would let a DOM or Node dependency into the platform-independent folders.
declare class URL {
  constructor(url: string, base?: string | URL)
  static canParse(url: string, base?: string): boolean
  hash: string
  host: string
  hostname: string
  href: string
  readonly origin: string
  password: string
  pathname: string
  port: string
  protocol: string
  search: string
  readonly searchParams: URLSearchParams
  username: string
  toString(): string
}
declare class URLSearchParams implements Iterable<[string, string]> {
  constructor(init?: string | Record<string, string> | Iterable<[string, string]>)
  append(name: string, value: string): void
  delete(name: string): void
  get(name: string): string | null
  getAll(name: string): string[]
  has(name: string): boolean
  set(name: string, value: string): void
  keys(): IterableIterator<string>
  entries(): IterableIterator<[string, string]>
  readonly size: number
  toString(): string
  [Symbol.iterator](): IterableIterator<[string, string]>
}
declare function atob(encoded: string): string
