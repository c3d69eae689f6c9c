// The way from each view to every other, and to the same one in the other language.
import { Box, Link } from '@mui/material';

import { words } from './words.js';

const address = (view, lang) => `/?view=${view}&lang=${lang}`;

export function TopBar({ views, view, lang }) {
  const other = lang === 'vi' ? 'en' : 'vi';
  return (
    <Box component="header" sx={{ display: 'flex', gap: 2, px: 2, py: 1, borderBottom: 1, borderColor: 'divider' }}>
      <Box component="nav" aria-label={words[lang].views} sx={{ display: 'flex', flexWrap: 'wrap', gap: 2, flexGrow: 1 }}>
        {views.map((each) => (
          <Link key={each.view} href={address(each.view, lang)} aria-current={each.view === view ? 'page' : undefined}
            sx={{ fontWeight: each.view === view ? 700 : 400 }}>
            {each[lang]}
          </Link>
        ))}
      </Box>
      <Link href={address(view, other)} hrefLang={other} lang={other} noWrap sx={{ flexShrink: 0 }}>{words[lang].other}</Link>
    </Box>
  );
}
