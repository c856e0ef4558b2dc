package emoji

// TableSize is the number of emoji, whatever their forms.
const TableSize = len(fullyQualified)
