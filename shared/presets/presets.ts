// The built-in presets, one file per provider. They are part of the program, so a test validates them, not
// every start.
import type { Preset } from '../contract/preset.ts'
import github from './data/github.json' with { type: 'json' }
import gitlab from './data/gitlab.json' with { type: 'json' }
import bitbucket from './data/bitbucket.json' with { type: 'json' }
import forgejo from './data/forgejo.json' with { type: 'json' }
import linear from './data/linear.json' with { type: 'json' }
import sentry from './data/sentry.json' with { type: 'json' }
import vercel from './data/vercel.json' with { type: 'json' }
import netlify from './data/netlify.json' with { type: 'json' }
import heroku from './data/heroku.json' with { type: 'json' }
import digitalocean from './data/digitalocean.json' with { type: 'json' }
import cloudflare from './data/cloudflare.json' with { type: 'json' }
import supabase from './data/supabase.json' with { type: 'json' }
import huggingface from './data/huggingface.json' with { type: 'json' }
import openrouter from './data/openrouter.json' with { type: 'json' }
import google from './data/google.json' with { type: 'json' }
import gmail from './data/gmail.json' with { type: 'json' }
import googleCalendar from './data/google_calendar.json' with { type: 'json' }
import googleDrive from './data/google_drive.json' with { type: 'json' }
import youtube from './data/youtube.json' with { type: 'json' }
import microsoft from './data/microsoft.json' with { type: 'json' }
import outlook from './data/outlook.json' with { type: 'json' }
import onedrive from './data/onedrive.json' with { type: 'json' }
import slack from './data/slack.json' with { type: 'json' }
import slackUser from './data/slack_user.json' with { type: 'json' }
import discord from './data/discord.json' with { type: 'json' }
import zoom from './data/zoom.json' with { type: 'json' }
import webex from './data/webex.json' with { type: 'json' }
import notion from './data/notion.json' with { type: 'json' }
import atlassian from './data/atlassian.json' with { type: 'json' }
import jira from './data/jira.json' with { type: 'json' }
import confluence from './data/confluence.json' with { type: 'json' }
import trello from './data/trello.json' with { type: 'json' }
import asana from './data/asana.json' with { type: 'json' }
import clickup from './data/clickup.json' with { type: 'json' }
import monday from './data/monday.json' with { type: 'json' }
import airtable from './data/airtable.json' with { type: 'json' }
import todoist from './data/todoist.json' with { type: 'json' }
import miro from './data/miro.json' with { type: 'json' }
import calendly from './data/calendly.json' with { type: 'json' }
import typeform from './data/typeform.json' with { type: 'json' }
import basecamp from './data/basecamp.json' with { type: 'json' }
import docusign from './data/docusign.json' with { type: 'json' }
import dropbox from './data/dropbox.json' with { type: 'json' }
import box from './data/box.json' with { type: 'json' }
import figma from './data/figma.json' with { type: 'json' }
import canva from './data/canva.json' with { type: 'json' }
import adobe from './data/adobe.json' with { type: 'json' }
import webflow from './data/webflow.json' with { type: 'json' }
import spotify from './data/spotify.json' with { type: 'json' }
import twitch from './data/twitch.json' with { type: 'json' }
import reddit from './data/reddit.json' with { type: 'json' }
import x from './data/x.json' with { type: 'json' }
import linkedin from './data/linkedin.json' with { type: 'json' }
import facebook from './data/facebook.json' with { type: 'json' }
import instagram from './data/instagram.json' with { type: 'json' }
import threads from './data/threads.json' with { type: 'json' }
import tiktok from './data/tiktok.json' with { type: 'json' }
import mastodon from './data/mastodon.json' with { type: 'json' }
import bluesky from './data/bluesky.json' with { type: 'json' }
import wordpressCom from './data/wordpress_com.json' with { type: 'json' }
import patreon from './data/patreon.json' with { type: 'json' }
import strava from './data/strava.json' with { type: 'json' }
import fitbit from './data/fitbit.json' with { type: 'json' }
import withings from './data/withings.json' with { type: 'json' }
import oura from './data/oura.json' with { type: 'json' }
import hubspot from './data/hubspot.json' with { type: 'json' }
import salesforce from './data/salesforce.json' with { type: 'json' }
import pipedrive from './data/pipedrive.json' with { type: 'json' }
import zendesk from './data/zendesk.json' with { type: 'json' }
import intercom from './data/intercom.json' with { type: 'json' }
import mailchimp from './data/mailchimp.json' with { type: 'json' }
import zoho from './data/zoho.json' with { type: 'json' }
import stripe from './data/stripe.json' with { type: 'json' }
import square from './data/square.json' with { type: 'json' }
import shopify from './data/shopify.json' with { type: 'json' }
import quickbooks from './data/quickbooks.json' with { type: 'json' }
import xero from './data/xero.json' with { type: 'json' }
import paypal from './data/paypal.json' with { type: 'json' }
import okta from './data/okta.json' with { type: 'json' }
import auth0 from './data/auth0.json' with { type: 'json' }
import keycloak from './data/keycloak.json' with { type: 'json' }
import oidc from './data/oidc.json' with { type: 'json' }
import oauth2 from './data/oauth2.json' with { type: 'json' }

const all: readonly unknown[] = [
  github,
  gitlab,
  bitbucket,
  forgejo,
  linear,
  sentry,
  vercel,
  netlify,
  heroku,
  digitalocean,
  cloudflare,
  supabase,
  huggingface,
  openrouter,
  google,
  gmail,
  googleCalendar,
  googleDrive,
  youtube,
  microsoft,
  outlook,
  onedrive,
  slack,
  slackUser,
  discord,
  zoom,
  webex,
  notion,
  atlassian,
  jira,
  confluence,
  trello,
  asana,
  clickup,
  monday,
  airtable,
  todoist,
  miro,
  calendly,
  typeform,
  basecamp,
  docusign,
  dropbox,
  box,
  figma,
  canva,
  adobe,
  webflow,
  spotify,
  twitch,
  reddit,
  x,
  linkedin,
  facebook,
  instagram,
  threads,
  tiktok,
  mastodon,
  bluesky,
  wordpressCom,
  patreon,
  strava,
  fitbit,
  withings,
  oura,
  hubspot,
  salesforce,
  pipedrive,
  zendesk,
  intercom,
  mailchimp,
  zoho,
  stripe,
  square,
  shopify,
  quickbooks,
  xero,
  paypal,
  okta,
  auth0,
  keycloak,
  oidc,
  oauth2,
]

/** Every preset, in the order of the catalog. */
export const presets = all as readonly Preset[]
