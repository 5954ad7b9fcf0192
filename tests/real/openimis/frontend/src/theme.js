// The looks that openIMIS's modules ask the theme for; plain ones.

import { createTheme } from "@material-ui/core/styles";

const plain = createTheme({ palette: { primary: { main: "#00587a" }, secondary: { main: "#ffffff", second: "#e6eef2" } } });
const title = { padding: 10, fontSize: 20, fontWeight: 500, color: plain.palette.primary.main };
const grey = { backgroundColor: "#e0e0e0" };

export const theme = {
  ...plain,
  palette: { ...plain.palette, toggledButton: "#9fd3e6", text: { ...plain.palette.text, second: "#ffffff" } },
  typography: { ...plain.typography, title: { fontSize: 20 }, label: { color: "#4f4f4f", fontSize: 12 } },
  menu: { variant: "AppBar", drawer: { width: 300, backgroundColor: "#ffffff" }, appBar: { fontSize: 16 } },
  jrnlDrawer: {
    open: { width: 500 },
    close: { width: 80 },
    iconSize: 24,
    itemDetail: { marginLeft: 8 },
    itemDetailText: { fontSize: 12 },
  },
  page: { padding: 16, locked: { opacity: 0.6, padding: 16 } },
  paper: {
    paper: { margin: 10, backgroundColor: "#f5f9fa" },
    header: { backgroundColor: "#d6e4ea" },
    body: { backgroundColor: "#ffffff" },
    message: { padding: 10 },
    title,
    action: { padding: 5 },
    divider: { padding: 0, margin: 0 },
    item: { padding: 10 },
  },
  table: {
    title,
    header: { color: plain.palette.primary.main },
    headerAction: { padding: 5 },
    container: { overflow: "auto" },
    row: { color: "#000000", height: 36 },
    lockedRow: grey,
    lockedCell: {},
    highlightedRow: {},
    highlightedCell: { fontWeight: 500 },
    secondaryHighlightedRow: {},
    secondaryHighlightedCell: {},
    highlightedAltRow: {},
    highlightedAltCell: { fontStyle: "italic" },
    disabledRow: { opacity: 0.5 },
    disabledCell: {},
    footer: { color: plain.palette.primary.main },
    pager: { color: plain.palette.primary.main },
  },
  form: { spacing: 10 },
  formTable: { table: {}, actions: {}, header: {} },
  dialog: {
    title: { fontWeight: 500 },
    content: { padding: 10 },
    primaryButton: { backgroundColor: plain.palette.primary.main, color: "#ffffff" },
    secondaryButton: {},
  },
  tooltipContainer: { position: "fixed", bottom: 15, right: 100, zIndex: 2000 },
  flexTooltip: { marginBottom: 5 },
  fab: { position: "fixed", bottom: 20, right: 100, zIndex: 2000 },
  fakeInput: {},
  bigAvatar: { width: 160, height: 160 },
  buttonContainer: { horizontal: { display: "flex", justifyContent: "flex-end" } },
};
