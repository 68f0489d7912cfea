"""What tests of generated code share: compilers, pictures of every kind, and stand-ins for libraries of phones."""
