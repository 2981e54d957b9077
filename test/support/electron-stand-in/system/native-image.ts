import { readFileSync } from 'node:fs'
import type * as Electron from 'electron'
import type { NativeImage } from 'electron'
import { strict } from '../strict.ts'

type NativeImageStatics = typeof Electron.nativeImage

const pngSignature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])

/** Width and height stand at the same place of every PNG. */
function readPngSize(png: Buffer): { width: number; height: number } {
  if (!png.subarray(0, 8).equals(pngSignature)) return { width: 0, height: 0 }
  return { width: png.readUInt32BE(16), height: png.readUInt32BE(20) }
}

/** Pictures are carried, not drawn: anything that is not a PNG is an empty image here. */
export function createImageFromPng(png: Buffer): NativeImage {
  const size = readPngSize(png)
  let isTemplate = false
  const image: NativeImage = strict('NativeImage', {
    isEmpty: () => size.width === 0,
    getSize: () => ({ ...size }),
    getAspectRatio: () => (size.height === 0 ? 1 : size.width / size.height),
    toPNG: () => png,
    toDataURL: () => `data:image/png;base64,${png.toString('base64')}`,
    resize: () => image,
    addRepresentation: () => {},
    isTemplateImage: () => isTemplate,
    setTemplateImage: (option: boolean) => {
      isTemplate = option
    },
    get isMacTemplateImage() {
      return isTemplate
    },
    set isMacTemplateImage(option: boolean) {
      isTemplate = option
    },
  } satisfies Partial<NativeImage>) as unknown as NativeImage
  return image
}

function readFile(path: string): Buffer {
  try {
    return readFileSync(path)
  } catch {
    // Electron answers a missing file with an empty image.
    return Buffer.alloc(0)
  }
}

export function createNativeImage(): NativeImageStatics {
  const members = {
    createEmpty: () => createImageFromPng(Buffer.alloc(0)),
    createFromPath: (path: string) => createImageFromPng(readFile(path)),
    createFromBuffer: (buffer: Buffer) => createImageFromPng(buffer),
    createFromDataURL: (url: string) =>
      createImageFromPng(Buffer.from(url.replace(/^data:[^,]*,/, ''), 'base64')),
  } satisfies Partial<NativeImageStatics>
  return strict('nativeImage', members) as NativeImageStatics
}
