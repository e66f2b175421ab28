"""The lists the law wants kept; so far the services that are offered, and the switches (Art. 15, 17, 20, 23)."""
