"""A small good scenario with every table but distances."""

GOOD = {
    "scenario.toml": """\
name = "good"
start = 2025-03-03
days = 7
[objective]
order = ["unserved", "haul"]
[roads]
detour = 1.3
[costs]
haul_per_t_km = 0.8
""",
    "supplies.csv": """\
supply,name,lon,lat,material,quantity,unit,from,to,daily_max,stock_max,grade,must_move,ask,priority,owner,street
S1,pit,117.02,36.80,spoil_silty_clay,100,m3_bank,2025-03-03,2025-03-07,50,200,2,true,-3,2,Zhang,大桥
S2,park,117.03,36.85,topsoil,60,t,2025-03-01,2025-03-05,,,1,false,,,,
S3,plant,117.00,36.82,concrete_rubble,,t,2025-03-04,2025-03-06,,,,,,,,
S4,tunnel,117.01,36.81,slurry,30,m3_loose,,,,,,,,,,
""",
    "releases.csv": """\
supply,date,quantity
S3,2025-03-04,70
S3,2025-03-06,50
""",
    "demands.csv": """\
demand,name,lon,lat,accepts,quantity,unit,required,from,to,daily_max,grade,bid,priority,owner,street
D1,fill,117.06,36.83,spoil_silty_clay;clay_dry,90,m3_compacted,40,2025-03-03,2025-03-09,30,2,4,,,
D2,trees,117.07,36.81,topsoil,40,t,,,,,1,,,,
""",
    "facilities.csv": """\
facility,name,kind,lon,lat,accepts,daily_in,daily_out,storage,fee,status,opening_cost,from,to,hold_cost,end_cost,end_stock_max,grade,street,longest_stay
Y1,yard,yard,117.04,36.82,*,400,400,800,5,open,,,,0.1,8,500,,,3
P1,crusher,recycling,117.05,36.84,concrete_rubble,100,,250,15,open,,2025-03-04,2025-03-08,,,,,,
W1,wash,treatment,117.05,36.83,spoil_silty_clay;slurry,,,,,,,,,,,,,,
F1,tip,disposal,117.10,36.86,*,,,5000,30,open,,,,,,,,,
Q1,quarry,quarry,117.15,36.88,quarry_sand,,900,,40,candidate,5000,,,,,,,,
""",
    "recipes.csv": """\
facility,input,output,yield,daily_max,cost,grade_in,grade_out
P1,concrete_rubble,recycled_aggregate,0.88,80,20,,
P1,concrete_rubble,residue,0.04,80,20,,
W1,spoil_silty_clay,spoil_silty_clay,97%,,,x,2
""",
    "stocks.csv": """\
facility,material,grade,quantity,unit
Y1,spoil_silty_clay,2,100,m3_loose
P1,recycled_aggregate,,50,t
""",
    "mixes.csv": """\
demand,material,min_share,max_share
D1,clay_dry,,0.5
""",
    "calendar.csv": """\
facility,from,to,daily_in,daily_out
Y1,2025-03-08,2025-03-09,0,0
F1,2025-03-05,2025-03-05,10,
""",
    "materials.csv": """\
material,name_zh,name_en,waste_class,bank_t_m3,loose_t_m3,compacted_t_m3,counts_as_waste
spoil_silty_clay,,,,2.0,,,
red_mud,红泥,red mud,spoil,1.6,1.2,1.9,
""",
    "trucks.csv": """\
truck,count,depot,lon,lat,payload,body,shift_from,shift_to,cost_per_km,cost_per_hour,co2_per_km_loaded,co2_per_km_empty
T1,5,east,117.03,36.81,16,18,07:00,19:00,4.5,60,,
""",
}
