// `npm run test:tools`: installs the programs that only some tests need and runs those tests. `npm test` runs
// them where the programs are, and names them at its end where not.
import { canInstallPackages, installPackages } from './machine/debian-packages.ts'
import { findProgram, pythonWith } from './machine/find-program.ts'
import { programPath, runNode } from './machine/run-program.ts'
import { runScript } from './machine/run-script.ts'

const KEYRING_TESTS = ['test/integration/vault-keyring.test.ts', 'test/integration/headless.test.ts']
const SNIPPET_TESTS = ['test/unit/renderer/lib/snippets.test.ts']
const GLEWLWYD_TESTS = ['test/integration/real-servers/glewlwyd.test.ts']
const AUTHLIB_TESTS = ['test/integration/real-servers/authlib.test.ts']
const DJANGO_TESTS = ['test/integration/real-servers/django.test.ts']

type Tool = { program: string; modules?: readonly string[]; package: string; tests: readonly string[] }

/**
 * Each program, or each library of Debian's Python, with its package and the tests that need it. A Secret
 * Service is there on Linux only, and the authorization servers are packages of Debian.
 */
const all: readonly Tool[] = [
  { program: 'dbus-daemon', package: 'dbus', tests: KEYRING_TESTS },
  { program: 'dbus-send', package: 'dbus', tests: KEYRING_TESTS },
  { program: 'gnome-keyring-daemon', package: 'gnome-keyring', tests: KEYRING_TESTS },
  { program: 'bash', package: 'bash', tests: SNIPPET_TESTS },
  { program: 'curl', package: 'curl', tests: SNIPPET_TESTS },
  { program: 'python3', package: 'python3', tests: SNIPPET_TESTS },
  { program: 'glewlwyd', package: 'glewlwyd', tests: GLEWLWYD_TESTS },
  { program: 'sqlite3', package: 'sqlite3', tests: GLEWLWYD_TESTS },
  { program: 'Authlib', modules: ['authlib'], package: 'python3-authlib', tests: AUTHLIB_TESTS },
  { program: 'Flask', modules: ['flask'], package: 'python3-flask', tests: AUTHLIB_TESTS },
  {
    program: 'Django OAuth Toolkit',
    modules: ['oauth2_provider'],
    package: 'python3-django-oauth-toolkit',
    tests: DJANGO_TESTS,
  },
]
const tools = all.filter(({ tests }) => process.platform === 'linux' || tests === SNIPPET_TESTS)

const say = (line: string): void => console.log(line)
const missing = () =>
  tools.filter(({ program, modules }) =>
    modules === undefined ? findProgram(program) === null : pythonWith(modules) === null,
  )

await runScript(async () => {
  const packages = [...new Set(missing().map((tool) => tool.package))]
  if (packages.length > 0 && canInstallPackages()) {
    say(`Installing ${packages.join(', ')} with apt-get.`)
    installPackages(packages)
  }
  const absent = missing()
  for (const { program } of absent) say(`Not found: ${program}`)
  if (absent.length > 0) {
    const install = process.platform === 'darwin' ? 'brew install' : 'sudo apt-get install'
    say(`Install them and run this again: ${install} ${packages.join(' ')}`)
    return 1
  }
  return runNode([programPath('vitest'), 'run', ...new Set(tools.flatMap(({ tests }) => tests))])
})
