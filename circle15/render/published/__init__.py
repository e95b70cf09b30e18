"""All numbers of people that may be told outside: no count of one to nine, also not by subtraction."""
