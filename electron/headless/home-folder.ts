// Must be imported first: conf reads the home folder while it is loaded, and Node throws where the user has
// none (a container with HOME unset). The root of the file system is used then. It cannot be written, so the
// person is told to use --data.
import { homedir } from 'node:os'

try {
  homedir()
} catch {
  process.env['HOME'] = '/'
}
