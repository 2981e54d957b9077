// Imported before anything else: conf asks for the home folder while it is loaded, and Node throws where the
// user has none (a bare container with HOME unset). The root of the file system then stands for it, where
// nothing can be written: the person is told to use --data.
import { homedir } from 'node:os'

try {
  homedir()
} catch {
  process.env['HOME'] = '/'
}
