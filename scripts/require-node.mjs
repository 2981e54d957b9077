// Runs first in every npm script. Plain JavaScript, because it detects a Node that cannot read TypeScript:
// `npm ci` installs Node 24 as a package, but not with --ignore-scripts or blocked install scripts.
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)

if (major < 22 || (major === 22 && minor < 18)) {
  process.stderr.write(
    `Keyway's scripts need Node 22.18 or newer and this is ${process.versions.node}: run "npm rebuild node", which fetches the Node 24 that npm ci left out, or install Node 24.\n`,
  )
  process.exit(1)
}
