// Figures for collages out of the avatar sets of @dicebear/collection and of comicgen, in layers that can be recoloured.
//
//   node training/compact/figures.mjs PACKAGES OUT [SHARE]
//
// PACKAGES: a folder where `npm install @dicebear/core@9 @dicebear/collection@9 comicgen@1 @resvg/resvg-js@2` was run.
// OUT gets STYLE-IDENTITY-VARIANT.pam, three pictures one above the other, sRGB and straight alpha:
//   the figure with every part of a known kind black; how much of each pixel is skin, hair, clothes (red, green, blue);
//   how much is trim, eyes (red, green). Fills mix linearly, so that base + sum of cover times colour is the figure.
// Variants of an identity differ in expression and pose. SHARE: what share of the usual number is drawn, 1 by default.

import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

const [packages, out, share = '1'] = process.argv.slice(2);
const require = createRequire(path.resolve(packages, 'package.json'));
const load = (name) => import(pathToFileURL(require.resolve(name)).href);
const { createAvatar } = await load('@dicebear/core');
const styles = await load('@dicebear/collection');
const { Resvg } = require('@resvg/resvg-js');

const SIDE = 300;
const BLACK = { skin: '000000', hair: '000000', clothes: '000000', trim: '000000', eyes: '000000' };
const FIRST = { ...BLACK, skin: 'ff0000', hair: '00ff00', clothes: '0000ff' };
const SECOND = { ...BLACK, trim: 'ff0000', eyes: '00ff00' };

// How many identities, and which options of a style colour which part.
const AVATARS = {
  adventurer: [110, { skinColor: 'skin', hairColor: 'hair' }],
  lorelei: [90, { skinColor: 'skin', hairColor: 'hair', eyesColor: 'eyes', hairAccessoriesColor: 'trim' }],
  openPeeps: [90, { skinColor: 'skin', headContrastColor: 'hair', clothingColor: 'clothes' }],
  micah: [60, { baseColor: 'skin', hairColor: 'hair', facialHairColor: 'hair', shirtColor: 'clothes', eyesColor: 'eyes' }],
  personas: [60, { skinColor: 'skin', hairColor: 'hair', clothingColor: 'clothes' }],
  toonHead: [70, { skinColor: 'skin', hairColor: 'hair', clothesColor: 'clothes' }],
  bigEars: [50, { skinColor: 'skin', hairColor: 'hair' }],
  bigSmile: [30, { skinColor: 'skin', hairColor: 'hair' }],
  miniavs: [40, { skinColor: 'skin', hairColor: 'hair', bodyColor: 'clothes' }],
};

// Which fills of a comicgen character are which part; what is not named (ink, white) stays as it is.
const COMICGEN = {
  aryan: { f3d4ca: 'skin', '40627c': 'clothes', ea9a00: 'trim' },
  deenuova: { f9e6c8: 'skin', bcd1ec: 'clothes' },
  deynuovo: { eeddc5: 'skin', bdc59a: 'clothes', '866653': 'trim' },
  priyanuova: { efdfd3: 'skin', f796b3: 'clothes', '3a4e5c': 'trim' },
  ringonuovo: { bda48e: 'skin', '8b9fdc': 'clothes' },
  sophie: { edcba8: 'skin', '50789b': 'clothes', '6a9ad2': 'clothes', '366284': 'clothes', c2c1c0: 'hair', bdbdaf: 'hair' },
  bill: { ffc89e: 'skin', '00325f': 'clothes', '9e1300': 'trim' },
};
const POSES = 14;

const pick = (list) => list[Math.floor(Math.random() * list.length)];

/** The three layers of a drawing as one picture; `draw` gives its SVG for a colour of every part. */
function layers(draw) {
  const planes = [BLACK, FIRST, SECOND].map((colours) => {
    const made = new Resvg(draw(colours), { fitTo: { mode: 'height', value: SIDE } }).render();
    return { width: made.width, height: made.height, rgba: Buffer.from(made.pixels) };
  });
  const [base, ...covers] = planes;
  for (const cover of covers) {
    for (let at = 0; at < cover.rgba.length; at += 4) {
      for (let channel = 0; channel < 3; channel += 1) {
        cover.rgba[at + channel] = Math.max(0, cover.rgba[at + channel] - base.rgba[at + channel]);
      }
      cover.rgba[at + 3] = 255;
    }
  }
  return { width: base.width, height: base.height, rgba: Buffer.concat(planes.map((plane) => plane.rgba)) };
}

/** Writes a picture; what encodes PNG here takes SVG alone, so raw pixels go to a PAM file that any reader takes. */
function write(name, { width, height, rgba }) {
  const head = `P7\nWIDTH ${width}\nHEIGHT ${height * 3}\nDEPTH 4\nMAXVAL 255\nTUPLTYPE RGB_ALPHA\nENDHDR\n`;
  fs.writeFileSync(path.join(out, `${name}.pam`), Buffer.concat([Buffer.from(head), rgba]));
}

function avatars(style, count, options) {
  const choices = styles[style].schema.properties;
  for (let identity = 0; identity < count; identity += 1) {
    for (let variant = 0; variant < 2; variant += 1) {
      const moods = {};
      for (const feature of ['eyes', 'mouth', 'eyebrows', 'face']) {
        if (variant && choices[feature]?.default?.length) moods[feature] = [pick(choices[feature].default)];
      }
      write(`${style}-${identity}-${variant}`, layers((colours) => {
        const fills = Object.fromEntries(Object.entries(options).map(([option, part]) => [option, [colours[part]]]));
        return createAvatar(styles[style], { seed: `${style} ${identity}`, backgroundColor: [], ...moods, ...fills }).toString();
      }));
    }
  }
}

function drawings(folder) {
  const found = fs.existsSync(folder) ? fs.readdirSync(folder, { recursive: true }) : [];
  return found.filter((name) => name.endsWith('.svg') && !name.endsWith('index.svg')).map((name) => path.join(folder, name));
}

function comicgen(character, fills, count) {
  const files = drawings(path.join(path.dirname(require.resolve('comicgen/package.json')), 'svg', character));
  const inner = (file) => fs.readFileSync(file, 'utf8').replace(/<\?.*?\?>/g, '').replace(/^[^]*?<svg[^>]*>|<\/svg>\s*$/g, '');
  for (let variant = 0; variant < count; variant += 1) {
    const pose = pick(files.filter((file) => file.includes(`${path.sep}pose${path.sep}`)));
    const angle = path.dirname(path.dirname(pose));
    const emotion = pick(files.filter((file) => file.startsWith(path.join(angle, 'emotion'))));
    if (!emotion) continue;
    const box = fs.readFileSync(pose, 'utf8').match(/viewBox="([^"]*)"/)?.[1] ?? '0 0 500 600';
    const body = inner(emotion) + inner(pose);
    write(`comicgen_${character}-0-${variant}`, layers((colours) => {
      const drawn = body.replace(/#([0-9a-fA-F]{6})\b/g, (whole, hex) => {
        const part = fills[hex.toLowerCase()];
        return part ? `#${colours[part]}` : whole;
      });
      return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="${box}">${drawn}</svg>`;
    }));
  }
}

fs.mkdirSync(out, { recursive: true });
for (const [style, [count, options]] of Object.entries(AVATARS)) avatars(style, Math.ceil(count * Number(share)), options);
for (const [character, fills] of Object.entries(COMICGEN)) comicgen(character, fills, Math.ceil(POSES * Number(share)));
